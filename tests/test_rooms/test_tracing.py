import numpy as np
import pytest

from mtcp_mm.rooms.camera import PlacedCamera
from mtcp_mm.rooms.categories import Category
from mtcp_mm.rooms.labelling import render_labels
from mtcp_mm.rooms.materials import Material
from mtcp_mm.rooms.pieces import ball, box
from mtcp_mm.rooms.room import build_room
from mtcp_mm.rooms.textures import plaster
from mtcp_mm.rooms.tracing import is_lit, trace

GREY = Material(plaster, [[0.2] * 3, [0.6] * 3])


def _camera(field=1.0):
    return PlacedCamera.looking_at(np.array([0, 0, 1.5]), np.array([0, 1, 1.5]), 0.0, field, (24, 32))


def test_a_wall_three_metres_ahead():
    wall = box((0, 3.5, 1.5), (40, 1, 40), GREY, Category.WALL)
    maps = render_labels([wall], _camera())
    np.testing.assert_allclose(maps.depth, 3, atol=1e-5)  # along the axis, not along the ray
    np.testing.assert_allclose(maps.normals - [0, 0, 1], 0, atol=1e-6)
    assert (maps.segmentation == Category.WALL).all()


def test_rays_without_a_hit_are_void():
    sphere = ball((0, 3, 1.5), (0.3, 0.3, 0.3), GREY, Category.LAMP)
    maps = render_labels([sphere], _camera())
    assert maps.segmentation[12, 16] == Category.LAMP
    assert maps.depth[12, 16] == pytest.approx(2.7, abs=0.01)
    void = maps.segmentation == 0
    assert void[0, 0] and (maps.depth[void] == 0).all() and (maps.normals[void] == 0).all()


def test_normals_point_right_up_and_to_the_viewer():
    floor = box((0, 5, -0.5), (40, 40, 1), GREY, Category.FLOOR)
    left = box((-2.5, 5, 1.5), (1, 40, 40), GREY, Category.WALL)
    maps = render_labels([floor, left], _camera(field=1.8))
    np.testing.assert_allclose(maps.normals[-1, 16], [0, 1, 0], atol=1e-6)
    np.testing.assert_allclose(maps.normals[12, 0], [1, 0, 0], atol=1e-6)


@pytest.mark.parametrize('seed', range(3))
def test_culling_changes_nothing(seed):
    room = build_room(np.random.default_rng(seed), 36, 48)
    hits = trace(room.primitives, room.camera)
    rays = room.camera.rays().reshape(3, -1)
    with np.errstate(all='ignore'):
        every = np.stack([primitive.enter(room.camera.position[:, None], rays) for primitive in room.primitives])
    np.testing.assert_allclose(hits.depth.ravel(), every.min(axis=0), atol=1e-4)


def test_shadows():
    sphere = ball((0, 0, 1), (0.2, 0.2, 0.2), GREY, Category.LAMP)
    light = np.float32([0, 0, 2])
    points = np.float32([[0, 0, 0], [1, 0, 0], [0, 0, 1.7], [0.1, 0, 0.2]]).T
    free = is_lit(points, light, np.zeros_like(points), [sphere])
    np.testing.assert_array_equal(free, [False, True, True, False])


def test_shadow_culling_changes_nothing():
    room = build_room(np.random.default_rng(5), 24, 32)
    hits = trace(room.primitives, room.camera)
    points = hits.points * np.float32(0.99) + np.float32(0.01) * room.camera.position[:, None]
    light = np.float32([room.size[0] / 2, room.size[1] / 2, room.size[2] - 0.3])
    spread = np.random.default_rng(0).uniform(-0.1, 0.1, points.shape).astype(np.float32)
    to_light = light[:, None] + spread - points
    with np.errstate(all='ignore'):
        blocked = np.any(
            [primitive.enter(points, to_light) < 1 for primitive in room.primitives if primitive.casts_shadow], axis=0
        )
    np.testing.assert_array_equal(is_lit(points, light, spread, room.primitives), ~blocked)
    assert 0.02 < blocked.mean() < 0.9
