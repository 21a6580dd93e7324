import numpy as np
import pytest
import scipy.io
from PIL import Image

from mtcp_mm.datasets.pascal_normals import KNOWN_CLASSES, read_normals
from mtcp_mm.tasks import DataError, SurfaceNormals

WALL, GRASS, TVMONITOR, UNKNOWN = 440, 187, 427, 431


@pytest.fixture
def files(tmp_path):
    """A 2x4 image: normals, and labels a column."""
    values = np.random.default_rng(0).integers(140, 256, (2, 4, 3), np.uint8)
    Image.fromarray(values).save(tmp_path / 'a.png')
    labels = np.tile(np.uint16([WALL, GRASS, TVMONITOR, UNKNOWN]), (2, 1))
    scipy.io.savemat(tmp_path / 'a.mat', dict(LabelMap=labels))
    return tmp_path, values


def test_only_what_nyud_knows_counts(files):
    folder, values = files
    normals = SurfaceNormals('normals').decode(read_normals(folder / 'a.png', folder), 'a.png')
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


def test_sizes_that_differ_and_missing_label_maps_are_named(files):
    folder, _ = files
    Image.new('RGB', (5, 2)).save(folder / 'a.png')
    with pytest.raises(DataError, match=r'a\.png: normals of \(2, 5\).*a\.mat has \(2, 4\)'):
        read_normals(folder / 'a.png', folder)
    (folder / 'a.mat').unlink()
    with pytest.raises(DataError, match=r'a\.mat.*FileNotFoundError'):
        read_normals(folder / 'a.png', folder)
