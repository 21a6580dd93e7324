import numpy as np
import pytest

from mtcp_mm.rooms import ROOMS_CLASSES, render_room
from mtcp_mm.rooms.categories import Category, Part
from mtcp_mm.rooms.labelling import render_labels
from mtcp_mm.rooms.room import build_room


@pytest.fixture(scope='module')
def rooms():
    return [build_room(np.random.default_rng([7, index]), 48, 64) for index in range(40)]


@pytest.fixture(scope='module')
def maps(rooms):
    return [render_labels(room.primitives, room.camera) for room in rooms]


def test_every_class_appears_and_no_other(maps):
    seen = np.unique([one.segmentation for one in maps])
    assert tuple(seen - 1) == ROOMS_CLASSES


def test_values_are_in_range(maps):
    for one in maps:
        assert one.segmentation.dtype == np.uint8 and one.depth.dtype == np.float32
        assert one.normals.dtype == np.float32 and one.normals.shape == (48, 64, 3)
        assert 0.2 < one.depth.min() and one.depth.max() < 9
        np.testing.assert_allclose(np.linalg.norm(one.normals, axis=2), 1, atol=1e-4)


def test_normals_face_the_camera_and_agree_with_depth(rooms, maps):
    """Back-projects depth with the intrinsics; its finite differences give the planes."""
    compared = 0
    for room, one in zip(rooms, maps, strict=True):
        x = (np.arange(64) + 0.5 - 32) / room.camera.intrinsics.fx
        y = -(np.arange(48) + 0.5 - 24)[:, None] / room.camera.intrinsics.fx
        depth = one.depth.astype(np.float64)
        points = np.stack([x * depth, y * depth, -depth], axis=2)
        assert ((points * one.normals).sum(axis=2) < 1e-3).all()
        right = points[1:-1, 2:] - points[1:-1, :-2]
        up = points[:-2, 1:-1] - points[2:, 1:-1]
        planes = np.cross(right, up)
        planes /= np.linalg.norm(planes, axis=2, keepdims=True)
        flat = _flat(one)
        cosine = (planes * one.normals[1:-1, 1:-1]).sum(axis=2)[flat]
        assert (cosine > 0.9999).all()
        compared += flat.sum()
    assert compared > 40 * 500


def _flat(one):
    """Pixels whose whole neighbourhood is floor or is ceiling, one plane each."""
    flat = np.zeros((46, 62), bool)
    for category in (Category.FLOOR, Category.CEILING):
        same = one.segmentation == category
        flat |= np.all([same[1 + i : 47 + i, 1 + j : 63 + j] for i in (-1, 0, 1) for j in (-1, 0, 1)], axis=0)
    return flat


def test_only_people_have_parts(rooms):
    primitives = [primitive for room in rooms for primitive in room.primitives]
    for primitive in primitives:
        assert (primitive.part != Part.NONE) == (primitive.category == Category.PERSON)
    assert {primitive.part for primitive in primitives} == set(Part)


def test_most_images_have_a_person_in_view(maps):
    shares = np.array([(one.segmentation == Category.PERSON).mean() for one in maps])
    assert 0.5 < (shares > 0.005).mean() < 0.85


def test_furniture_does_not_intersect(rooms):
    for room in rooms:
        for number, one in enumerate(room.footprints):
            assert one[0] < one[2] and one[1] < one[3]
            for other in room.footprints[number + 1 :]:
                across = min(one[2], other[2]) - max(one[0], other[0])
                along = min(one[3], other[3]) - max(one[1], other[1])
                assert min(across, along) <= 0


def test_the_same_arguments_give_the_same_image():
    first, again = (render_room(3, 'train', 1, 48, 64) for _ in range(2))
    for name, value in vars(first).items():
        np.testing.assert_array_equal(value, vars(again)[name])
    others = [render_room(*other, 48, 64) for other in ((4, 'train', 1), (3, 'val', 1), (3, 'train', 2))]
    assert all((other.image != first.image).mean() > 0.5 for other in others)


def test_images_are_well_exposed():
    for index in range(6):
        image = render_room(0, 'val', index, 48, 64).image
        assert image.shape == (48, 64, 3) and image.dtype == np.uint8
        assert 50 < image.mean() < 220 and image.std() > 20
        assert (image == 255).mean() < 0.3 and (image == 0).mean() < 0.2


def test_an_unknown_split_is_named():
    with pytest.raises(ValueError, match='test'):
        render_room(0, 'test', 0, 48, 64)
