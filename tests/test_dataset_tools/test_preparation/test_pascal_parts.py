import zlib

import numpy as np
import pytest
import scipy.io
from PIL import Image

from mtcp_mm.dataset_tools.preparation.pascal_parts import HUMAN_PARTS, read_parts
from mtcp_mm.tasks import CLASS_SETS, DataError

HEIGHT, WIDTH = 4, 30
CLASSES = dict(
    head=1, hair=1, nose=1, mouth=1, lear=1, rear=1, leye=1, reye=1, lebrow=1, rebrow=1, torso=2, neck=2, luarm=3,
    ruarm=3, llarm=4, lhand=4, rlarm=4, rhand=4, luleg=5, ruleg=5, llleg=6, lfoot=6, rlleg=6, rfoot=6,
)  # fmt: skip


def mask(*columns: int, height: int = HEIGHT) -> np.ndarray:
    """A mask whose columns are set."""
    values = np.zeros((height, WIDTH), np.uint8)
    values[:, list(columns)] = 1
    return values


def structures(fields: tuple[str, ...], rows: list[tuple]) -> np.ndarray:
    array = np.empty((1, len(rows)) if rows else (0, 0), [(field, object) for field in fields])
    for i, row in enumerate(rows):
        array[0, i] = row
    return array


def thing(name: str, number: int, whole: np.ndarray, parts: list[tuple[str, np.ndarray]]) -> tuple:
    return name, number, whole, structures(('part_name', 'mask'), parts)


def person(whole: np.ndarray, *parts: tuple[str, np.ndarray]) -> tuple:
    return thing('person', 15, whole, list(parts))


@pytest.fixture
def save(tmp_path):
    """Saves an annotation as PASCAL-Part has it: anno(imname, objects(class, class_ind, mask, parts))."""

    def save(*objects: tuple, compress: bool = True):
        rows = structures(('class', 'class_ind', 'mask', 'parts'), list(objects))
        anno = dict(imname='2008_000001', objects=rows)
        scipy.io.savemat(tmp_path / '2008_000001.mat', dict(anno=anno), do_compression=compress)
        return tmp_path / '2008_000001.mat'

    return save


@pytest.mark.parametrize('compress', [False, True])
def test_every_part_has_its_class(save, compress):
    parts = [(name, mask(column)) for column, name in enumerate(CLASSES)]
    result = read_parts(save(person(mask(*range(WIDTH)), *parts), compress=compress))
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result, np.tile([*CLASSES.values(), 0, 0, 0, 0, 0, 0], (HEIGHT, 1)))


def test_class_names_follow_the_classes():
    assert ('background', *HUMAN_PARTS) == CLASS_SETS['pascal_parts']


def test_later_parts_cover_earlier_ones(save):
    first = person(mask(0, 1, 2, 3), ('torso', mask(0, 1, 2)), ('luarm', mask(2, 3)), ('head', mask(0)))
    second = person(mask(3, 4), ('ruleg', mask(3, 4)))
    row = read_parts(save(first, second))[0]
    assert row[:6].tolist() == [1, 2, 3, 5, 5, 0]
    assert read_parts(save(second, first))[0, :6].tolist() == [1, 2, 3, 3, 5, 0]
    assert read_parts(save(person(mask(0), ('head', mask(0) * np.uint8(255)))))[0, :2].tolist() == [1, 0]


def test_pixels_without_a_part_and_other_classes_are_background(save):
    horse = thing('horse', 13, mask(4, 5), [('head', mask(4)), ('lfho', mask(5))])
    unlabelled = person(mask(6, 7))
    row = read_parts(save(horse, unlabelled, person(mask(0, 1), ('lfoot', mask(1)))))[0]
    assert row.tolist() == [0, 6, *[0] * (WIDTH - 2)]


@pytest.mark.parametrize(
    'objects',
    [
        [thing('horse', 13, mask(1), [('head', mask(1))])],
        [thing('boat', 4, mask(1), []), thing('boat', 4, mask(2), [])],
        [person(mask(1))],
        [person(mask(1), ('head', mask()))],
    ],
    ids=['one other', 'two others', 'a person without parts', 'a part without pixels'],
)
def test_images_without_parts_of_people_are_void(save, objects):
    np.testing.assert_array_equal(read_parts(save(*objects)), np.full((HEIGHT, WIDTH), 255))


def test_an_annotation_without_objects_has_its_images_size(save, tmp_path):
    path = save()
    with pytest.raises(DataError, match=r'2008_000001\.mat: .*its image is not there'):
        read_parts(path, tmp_path)
    Image.new('RGB', (7, 5)).save(tmp_path / '2008_000001.jpg')
    np.testing.assert_array_equal(read_parts(path, tmp_path), np.full((5, 7), 255))


@pytest.mark.parametrize(
    ('objects', 'says'),
    [
        ([person(mask(1), ('lfho', mask(1)))], 'a person has no part "lfho", only head, hair'),
        ([person(mask(1), ('head', mask(1, height=5)))], r'masks of different sizes: \(4, 30\), \(5, 30\)'),
        ([person(mask(1)), thing('boat', 4, mask(1, height=9), [])], r'masks of different sizes'),
        ([person(np.zeros((2, 2, 2)), ('head', mask(1)))], r'a mask of \(2, 2, 2\)'),
        ([person('text', ('head', mask(1)))], 'a mask of'),
    ],
)
def test_wrong_annotations_are_named(save, objects, says):
    with pytest.raises(DataError, match=rf'2008_000001\.mat: not an annotation of PASCAL-Part .*{says}'):
        read_parts(save(*objects))


def test_other_structures_and_damaged_files_are_named(save, tmp_path):
    path = save(person(mask(1), ('head', mask(1))))
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match=r'2008_000001\.mat: variable "anno"'):
        read_parts(path)
    for anno in (dict(objects=3.0), dict(things=1), np.eye(3), 'text'):
        scipy.io.savemat(path, dict(anno=anno))
        with pytest.raises(DataError, match=r'2008_000001\.mat: not an annotation of PASCAL-Part'):
            read_parts(path)


def test_an_image_that_only_claims_a_size_is_refused(save, tmp_path):
    path = save()
    Image.new('L', (60_000, 5)).save(tmp_path / '2008_000001.png')
    content = (tmp_path / '2008_000001.png').read_bytes()
    content = content[:20] + (60_000).to_bytes(4, 'big') + content[24:29] + b'?' * 4 + content[33:]
    header = content[:29] + zlib.crc32(content[12:29]).to_bytes(4, 'big')
    (tmp_path / '2008_000001.png').write_bytes(header + content[33:])
    with pytest.raises(DataError, match=r'2008_000001\.mat: not an annotation .*3600000000'):
        read_parts(path, tmp_path)
