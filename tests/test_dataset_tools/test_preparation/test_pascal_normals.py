import numpy as np
import pytest
from PIL import Image

from mtcp_mm.dataset_tools.preparation.pascal_normals import KNOWN_CLASSES, read_normals
from mtcp_mm.tasks import DataError, SurfaceNormals

WALL, GRASS, TVMONITOR, UNKNOWN = 440, 187, 427, 431


LABELS = np.tile(np.uint16([WALL, GRASS, TVMONITOR, UNKNOWN]), (2, 1))


@pytest.fixture
def image(tmp_path):
    """A 2x4 image of normals."""
    values = np.random.default_rng(0).integers(140, 256, (2, 4, 3), np.uint8)
    Image.fromarray(values).save(tmp_path / 'a.png')
    return tmp_path / 'a.png', values


def test_only_what_nyud_knows_counts(image):
    path, values = image
    read = read_normals(path, LABELS, 'a.mat')
    assert (read[:, 1::2] == 127).all()
    normals = SurfaceNormals('normals').decode(read, path)
    expected = values * (2 / 255) - 1
    expected /= np.linalg.norm(expected, axis=-1, keepdims=True)
    np.testing.assert_allclose(normals[:, ::2], expected[:, ::2], atol=1e-6)
    assert not normals[:, 1::2].any()


def test_classes_are_those_of_both_data_sets():
    assert len(KNOWN_CLASSES) == len(set(KNOWN_CLASSES.values())) == 170
    assert {'person': 284, 'sofa': 368, 'table': 397, 'floor': 158}.items() <= KNOWN_CLASSES.items()
    assert list(KNOWN_CLASSES.values()) == sorted(KNOWN_CLASSES.values())  # PASCAL-Context's list is in this order,
    assert list(KNOWN_CLASSES) == sorted(KNOWN_CLASSES)  # which is that of the alphabet
    assert not {'sky', 'grass', 'ground', 'unknown'} & KNOWN_CLASSES.keys()


@pytest.mark.parametrize(
    ('values', 'reason'),
    [
        (np.zeros((2, 5, 3), np.uint8), r'"normals" has 2x5 pixels .*the label map a\.mat has 2x4'),
        (np.zeros((2, 4), np.uint8), r'shape \(2, 4\), where \(H, W, 3\)'),
        (np.zeros((2, 4), np.uint16), r'shape \(2, 4\)'),
    ],
)
def test_what_does_not_fit_is_named(image, values, reason):
    path, _ = image
    Image.fromarray(values).save(path)
    with pytest.raises(DataError, match=rf'a\.png: .*{reason}'):
        read_normals(path, LABELS, 'a.mat')
