import numpy as np

from mtcp_mm.dataset_tools.preparation.pascal_boundaries import boundaries
from mtcp_mm.dataset_tools.preparation.pascal_normals import KNOWN_CLASSES
from mtcp_mm.rooms.categories import Category
from mtcp_mm.rooms.context_labels import context_labels
from mtcp_mm.rooms.labelling import LabelMaps, render_labels
from mtcp_mm.rooms.room import build_room


def _labels(objects, categories):
    objects = np.array(objects, np.uint16)
    segmentation = np.array([0, *categories], np.uint8)[objects]
    rest = np.zeros(objects.shape, np.uint8)
    return LabelMaps(segmentation, rest, rest, objects, rest, rest)


def test_the_benchmark_finds_the_edges_in_the_label_maps():
    own = []
    for index in range(40):
        room = build_room(np.random.default_rng([1, 0, index]), 48, 64)
        maps = render_labels(room.primitives, room.camera)
        labels = context_labels(maps)
        assert labels.dtype == np.uint16
        np.testing.assert_array_equal(boundaries(labels), maps.edges)
        assert np.isin(labels, list(KNOWN_CLASSES.values())).all()  # normals are valid there
        people = maps.segmentation == Category.PERSON
        own.append((labels[people] == KNOWN_CLASSES['person']).mean() if people.any() else 1)
    assert np.mean(own) > 0.8


def test_objects_have_the_ids_of_their_classes():
    ids = context_labels(_labels([[1, 1, 2, 2], [1, 1, 3, 3]], [Category.WALL, Category.CHAIR, Category.TELEVISION]))
    np.testing.assert_array_equal(ids, [[440, 440, 72, 72], [440, 440, 427, 427]])


def test_objects_of_one_class_share_an_id_unless_they_touch():
    apart = context_labels(_labels([[2, 2, 1, 1, 3, 3]], [Category.WALL, Category.CHAIR, Category.CHAIR]))
    assert apart[0, 0] == apart[0, 5] == 72
    together = context_labels(_labels([[1, 1, 2, 2, 3, 3]], [Category.WALL, Category.CHAIR, Category.CHAIR]))
    assert together[0, 2] == 72 and together[0, 5] not in (72, 440)


def test_no_pixel_is_the_mean_of_its_neighbours():
    """Chair 72, door 115, floor 158: the door's Laplacian would be zero where it is one pixel wide."""
    labels = _labels([[1, 1, 2, 3, 3]] * 3, [Category.CHAIR, Category.DOOR, Category.FLOOR])
    ids = context_labels(labels)[1].astype(int)
    assert 2 * ids[2] != ids[1] + ids[3] and len(set(ids)) == 3
