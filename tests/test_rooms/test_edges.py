import numpy as np
import pytest
from scipy.ndimage import distance_transform_cdt

from mtcp_mm.rooms.camera import PlacedCamera
from mtcp_mm.rooms.categories import Category
from mtcp_mm.rooms.edges import object_edges, touching_objects
from mtcp_mm.rooms.labelling import render_labels
from mtcp_mm.rooms.materials import Material
from mtcp_mm.rooms.pieces import box
from mtcp_mm.rooms.room import build_room
from mtcp_mm.rooms.textures import plaster


@pytest.fixture(scope='module')
def maps():
    rooms = [build_room(np.random.default_rng([0, 0, index]), 96, 128) for index in range(12)]
    return [render_labels(room.primitives, room.camera) for room in rooms]


def _at_boundary(objects):
    """Loops over the pixels: whether one of the four neighbours has another object."""
    boundary = np.zeros(objects.shape, bool)
    for row, column in np.ndindex(objects.shape):
        for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            other = row + down, column + right
            if all(0 <= place < size for place, size in zip(other, objects.shape, strict=True)):
                boundary[row, column] |= objects[other] != objects[row, column]
    return boundary


def test_boundary_between_two_halves():
    objects = np.ones((6, 8), np.uint16)
    objects[:, 4:] = 2
    edges = object_edges(objects)
    assert edges[1:, 3:5].any(axis=1).all() and not edges[:, [0, 1, 2, 5, 6, 7]].any()  # thinning shortens an end
    assert edges.sum(axis=1).max() == 1
    assert not object_edges(np.ones((6, 8), np.uint16)).any()


def test_edges_are_at_boundaries_and_cover_all_of_them(maps):
    for one in maps[:4]:
        boundary, edges = _at_boundary(one.objects), one.edges == 1
        assert one.edges.dtype == np.uint8 and one.edges.max() == 1
        assert boundary[edges].all()
        # Thinning removes one side of a boundary, and more where several boundaries are close together.
        away = distance_transform_cdt(~edges, 'chessboard')[boundary]
        assert (away <= 1).mean() > 0.95 and away.max() <= 3


def test_edges_are_thin(maps):
    for one in maps:
        square = one.edges[1:, 1:] & one.edges[1:, :-1] & one.edges[:-1, 1:] & one.edges[:-1, :-1]
        assert square.sum() < 0.01 * one.edges.sum()  # where lines meet
        assert 0.02 < one.edges.mean() < 0.15


def test_depth_jumps_between_objects_are_edges(maps):
    for one in maps:
        jump = np.abs(np.diff(one.depth, axis=1)) > 0.3
        other = one.objects[:, 1:] != one.objects[:, :-1]
        away = distance_transform_cdt(one.edges == 0, 'chessboard')
        assert (away[:, 1:][jump & other] <= 1).mean() > 0.9


@pytest.mark.parametrize('things', [(0, 1), (0, 0)])
def test_edges_are_between_objects_and_not_between_their_parts(things):
    """Two panels, one of them half a metre in front of the right half of the other."""
    camera = PlacedCamera.looking_at(np.array([0, 0, 1.5]), np.array([0, 1, 1.5]), 0.0, 1.0, (24, 32))
    grey = Material(plaster, [[0.2] * 3, [0.6] * 3])
    panels = [
        box((0, 3.0, 1.5), (20, 0.1, 20), grey, Category.CHAIR),
        box((5, 2.5, 1.5), (10, 0.1, 20), grey, Category.CHAIR),
    ]
    maps = render_labels([panel.in_group(thing) for panel, thing in zip(panels, things, strict=True)], camera)
    assert np.ptp(maps.depth) == pytest.approx(0.5, abs=1e-3)
    if things[0] == things[1]:
        assert not maps.edges.any()
    else:
        np.testing.assert_array_equal(np.unique(np.nonzero(maps.edges)[1]), 15)


def test_touching_objects():
    objects = np.array([[1, 1, 2], [1, 3, 2], [4, 4, 4]])
    np.testing.assert_array_equal(
        sorted(touching_objects(objects).tolist()), [[2, 1], [3, 1], [3, 2], [4, 1], [4, 2], [4, 3]]
    )
