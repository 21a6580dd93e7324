import numpy as np

from mtcp_mm.rooms import render_room
from mtcp_mm.rooms.categories import Category
from mtcp_mm.rooms.labelling import LabelMaps
from mtcp_mm.rooms.saliency import salient_objects


def _scene(*things):
    """A grey wall of 60x80 with rectangles: category, rows, columns and colour of each."""
    image = np.full((60, 80, 3), 128, np.uint8)
    segmentation = np.full((60, 80), Category.WALL, np.uint8)
    objects = np.ones((60, 80), np.uint16)
    for number, (category, rows, columns, colour) in enumerate(things, start=2):
        place = slice(*rows), slice(*columns)
        image[place], segmentation[place], objects[place] = colour, category, number
    rest = np.zeros((60, 80), np.uint8)
    return image, LabelMaps(segmentation, rest, rest, objects, rest, rest)


def _chosen(*things):
    image, labels = _scene(*things)
    salient = salient_objects(image, labels)
    assert salient.dtype == np.uint8
    return {int(number) for number in np.unique(labels.objects[salient == 1])}


CHAIR = (Category.CHAIR, (20, 40), (10, 30), (150, 130, 130))
PERSON = (Category.PERSON, (10, 50), (60, 70), (120, 120, 120))


def test_people_are_salient_before_objects():
    assert _chosen(CHAIR, PERSON) == {3}
    assert _chosen(PERSON, CHAIR, (Category.PERSON, (0, 8), (0, 8), (200, 0, 0))) == {2, 4}


def test_a_tiny_part_of_a_person_is_not_salient():
    assert _chosen(CHAIR, (Category.PERSON, (0, 4), (0, 4), (255, 0, 0))) == {2}


def test_contrast_position_and_size_decide_among_objects():
    bright = (Category.CHAIR, (20, 40), (45, 65), (255, 40, 0))
    assert _chosen(CHAIR, bright) == {3}
    middle = (Category.CABINET, (20, 40), (30, 50), (200, 60, 60))
    corner = (Category.CABINET, (0, 20), (60, 80), (200, 60, 60))
    assert _chosen(corner, middle) == {3}
    small = (Category.LAMP, (28, 36), (45, 52), (200, 60, 60))
    large = (Category.TABLE, (20, 44), (12, 36), (200, 60, 60))
    assert _chosen(small, large) == {3}


def test_walls_windows_and_rugs_are_never_salient():
    assert _chosen((Category.WINDOW, (10, 40), (30, 60), (255, 255, 255)), CHAIR) == {3}
    assert _chosen((Category.FLOOR_MAT, (30, 60), (20, 60), (255, 0, 0))) == set()


def test_a_salient_sofa_includes_its_pillows():
    sofa = (Category.SOFA, (20, 50), (20, 60), (0, 0, 255))
    on_it = (Category.PILLOW, (22, 30), (24, 32), (120, 120, 130))
    elsewhere = (Category.PILLOW, (0, 8), (0, 8), (120, 120, 130))
    assert _chosen(sofa, on_it, elsewhere) == {2, 3}
    assert _chosen((Category.TABLE, *sofa[1:]), on_it) == {2}


def test_each_room_has_something_salient():
    for index in range(10):
        sample = render_room(0, 'train', index, 48, 64)
        person = sample.segmentation == Category.PERSON
        if person.mean() > 0.01:
            assert (sample.saliency[~person] == 0).all() and sample.saliency[person].mean() > 0.5
        assert 0.005 < sample.saliency.mean() < 0.7
