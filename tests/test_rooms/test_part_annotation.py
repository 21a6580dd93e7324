import io
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat

from mtcp_mm.rooms.categories import Category
from mtcp_mm.rooms.labelling import LabelMaps, render_labels
from mtcp_mm.rooms.mat_files import mat_bytes
from mtcp_mm.rooms.part_annotation import part_annotation
from mtcp_mm.rooms.room import build_room

REAL = Path(__file__).parents[3] / 'shared/pascal_mt/human_parts'


def _stored(labels):
    """Writes and reads an annotation, as MATLAB would see it."""
    return loadmat(io.BytesIO(mat_bytes(dict(anno=part_annotation(labels, 'it')))))['anno']


@pytest.fixture(scope='module')
def room():
    room = build_room(np.random.default_rng([0, 0, 8]), 96, 128)
    return render_labels(room.primitives, room.camera)


def test_people_and_their_parts_are_read_back(room):
    objects = _stored(room)['objects'][0, 0].ravel()
    people = [one for one in objects if one['class'].item() == 'person']
    assert len(people) == 2 == np.unique(room.objects[room.segmentation == Category.PERSON]).size
    body = np.zeros_like(room.body)
    names = {'head': 1, 'neck': 2, 'torso': 3, 'luarm': 4, 'llarm': 5, 'lhand': 6, 'ruarm': 7, 'rlarm': 8, 'rhand': 9,
             'luleg': 10, 'llleg': 11, 'lfoot': 12, 'ruleg': 13, 'rlleg': 14, 'rfoot': 15}  # fmt: skip
    for person in people:
        assert person['class_ind'].item() == 15
        parts = person['parts'].ravel()
        assert person['mask'].dtype == np.uint8 and all(part['mask'].any() for part in parts)
        np.testing.assert_array_equal(person['mask'], sum(part['mask'].astype(int) for part in parts))
        for part in parts:
            body[part['mask'] == 1] = names[part['part_name'].item()]
    np.testing.assert_array_equal(body, room.body)


def test_furniture_is_listed_without_parts(room):
    objects = _stored(room)['objects'][0, 0].ravel()
    others = [one for one in objects if one['class'].item() != 'person']
    ids = {'chair': (9, Category.CHAIR), 'table': (11, Category.TABLE), 'sofa': (18, Category.SOFA),
           'tvmonitor': (20, Category.TELEVISION)}  # fmt: skip
    assert others
    for one in others:
        number, category = ids[one['class'].item()]
        assert one['class_ind'].item() == number and one['parts'].size == 0
        assert (room.segmentation[one['mask'] == 1] == category).all()


def test_an_image_without_voc_objects():
    wall = np.full((4, 5), Category.WALL, np.uint8)
    labels = LabelMaps(wall, wall, wall, np.ones((4, 5), np.uint16), np.zeros((4, 5), np.uint8), wall)
    anno = _stored(labels)
    assert anno['imname'].item() == 'it' and anno['objects'][0, 0].size == 0


@pytest.mark.skipif(not REAL.is_dir(), reason='real PASCAL-Part files are not beside the project')
def test_the_structure_equals_that_of_the_real_files(room):
    real = loadmat(REAL / '2010_001199.mat')['anno']  # chairs and a table
    ours = _stored(room)
    assert ours.dtype == real.dtype and ours.shape == real.shape
    for one in (ours, real):
        assert one['imname'].shape == (1, 1) and one['objects'][0, 0].shape[0] == 1
    ours, real = ours['objects'][0, 0], real['objects'][0, 0]
    assert ours.dtype == real.dtype
    indices = {thing['class'].item(): thing['class_ind'].item() for thing in real.ravel()}
    for thing in ours.ravel():
        assert indices.get(thing['class'].item(), thing['class_ind'].item()) == thing['class_ind'].item()
    for empty in ('chair', 'table'):
        theirs, mine = (next(x for x in them.ravel() if x['class'].item() == empty)['parts'] for them in (real, ours))
        assert theirs.dtype == mine.dtype and theirs.shape == mine.shape
