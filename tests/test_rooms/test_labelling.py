import numpy as np
import pytest

from mtcp_mm.rooms.camera import PlacedCamera
from mtcp_mm.rooms.categories import BODY_PARTS, Category
from mtcp_mm.rooms.labelling import render_labels
from mtcp_mm.rooms.people import standing_person
from mtcp_mm.rooms.room import build_room

CLASSES = dict(
    head=1, neck=2, torso=2, luarm=3, ruarm=3, llarm=4, rlarm=4, lhand=4, rhand=4, luleg=5, ruleg=5, llleg=6, rlleg=6,
    lfoot=6, rfoot=6,
)  # fmt: skip


def _person():
    """A person who faces the camera at 2.5 metres, in an image of 96x64 pixels."""
    camera = PlacedCamera.looking_at(np.array([0, -2.5, 1.0]), np.array([0, 0, 0.95]), 0.0, 0.7, (96, 64))
    return standing_person(np.random.default_rng(2)), camera


@pytest.mark.parametrize('seed', [0, 3, 4])
def test_every_pixel_has_the_labels_of_the_nearest_solid(seed):
    """Intersects every ray with every solid, without the renderer's culling."""
    room = build_room(np.random.default_rng([0, 0, seed]), 48, 64)
    maps = render_labels(room.primitives, room.camera)
    with np.errstate(all='ignore'):
        rays = room.camera.rays().reshape(3, -1)
        reach = np.stack([solid.enter(room.camera.position[:, None], rays) for solid in room.primitives])
    near, next_one = np.partition(reach, 1, axis=0)[:2]
    clear = (next_one - near > 1e-4).reshape(48, 64)
    solids = [room.primitives[number] for number in reach.argmin(axis=0)]
    expected = {
        'segmentation': [int(solid.category) for solid in solids],
        'parts': [CLASSES.get(solid.part.value, 0) for solid in solids],
        'body': [BODY_PARTS.index(solid.part) for solid in solids],
    }
    assert clear.mean() > 0.95 and max(expected['parts']) > 0
    for name, values in expected.items():
        values = np.reshape(values, clear.shape)
        np.testing.assert_array_equal(getattr(maps, name)[clear], values[clear], err_msg=name)


def test_a_person_has_all_parts_where_they_belong():
    piece, camera = _person()
    maps = render_labels(piece.primitives, camera)
    assert set(np.unique(maps.parts)) == {0, *CLASSES.values()}
    names = np.array([part.value for part in BODY_PARTS])[maps.body]
    rows = {name: np.nonzero(names == name)[0].mean() for name in CLASSES}
    columns = {name: np.nonzero(names == name)[1].mean() for name in CLASSES}
    order = ('head', 'neck', 'torso', 'luleg', 'llleg', 'lfoot')
    assert sorted(order, key=rows.get) == list(order)
    # The person faces the camera, so their left is on the right.
    for name in ('uarm', 'larm', 'uleg', 'lleg', 'foot'):
        assert columns[f'l{name}'] > 31.5 > columns[f'r{name}']


def test_objects_have_one_class_and_pieces_are_separate_objects():
    rooms = [build_room(np.random.default_rng([0, 0, index]), 96, 128) for index in range(12)]
    chairs = []
    for room in rooms:
        maps = render_labels(room.primitives, room.camera)
        for number in np.unique(maps.objects):
            assert np.unique(maps.segmentation[maps.objects == number]).size == 1
        for category in (Category.WALL, Category.FLOOR, Category.CEILING):
            assert np.unique(maps.objects[maps.segmentation == category]).size <= 1
        chairs.append(np.unique(maps.objects[maps.segmentation == Category.CHAIR]).size)
    assert max(chairs) >= 3


def test_solids_of_one_object_are_near_each_other():
    """An object is no larger than a chair can be; two chairs with the same number would be."""
    for index in range(12):
        solids = build_room(np.random.default_rng([0, 0, index]), 24, 32).primitives
        for category, extent in ((Category.CHAIR, 1.3), (Category.PERSON, 2.1), (Category.PILLOW, 0.9)):
            for thing in {solid.instance for solid in solids if solid.category == category}:
                corners = [solid.corners() for solid in solids if (solid.category, solid.instance) == (category, thing)]
                assert np.ptp(np.concatenate(corners, axis=1), axis=1).max() < extent
