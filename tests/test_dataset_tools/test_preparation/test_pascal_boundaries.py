import numpy as np
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from scipy.ndimage import binary_dilation, label

from mtcp_mm.dataset_tools.preparation.pascal_boundaries import boundaries, read_label_map
from mtcp_mm.tasks import DataError

EIGHT = np.ones((3, 3), int)


def laplacian(labels: np.ndarray) -> np.ndarray:
    """The formula: the four neighbours less four times the middle, mirrored about the border pixels."""
    padded = np.pad(labels.astype(int), 1, mode='reflect')
    return padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:] - 4 * padded[1:-1, 1:-1]


def test_two_halves_meet_in_one_line():
    labels = np.full((8, 10), 3, np.uint16)
    labels[:, 5:] = 459
    edges = boundaries(labels)
    assert edges.dtype == np.uint8
    assert not edges[:, :4].any() and not edges[:, 6:].any()
    assert (edges[1:-1, 4:6].sum(1) == 1).all()
    assert not boundaries(np.full((8, 10), 7)).any()


@pytest.mark.parametrize('step', [64, 256, 65536])
def test_classes_whose_labels_are_alike_in_fewer_bits_meet_too(step):
    labels = np.full((8, 10), 3)
    labels[:, 5:] += step
    assert (boundaries(labels)[1:-1, 4:6].sum(1) == 1).all()


@settings(max_examples=30, deadline=None)
@given(arrays(np.uint16, (9, 11), elements={'min_value': 1, 'max_value': 3}))
def test_edges_are_the_thinned_laplacian(labels):
    wide, edges = laplacian(labels) != 0, boundaries(labels).astype(bool)
    assert not (edges & ~wide).any()
    # Thinning keeps every connected piece as one, and leaves no pixel far from a line.
    assert label(edges, EIGHT)[1] == label(wide, EIGHT)[1]
    assert not (wide & ~binary_dilation(edges, EIGHT, iterations=5)).any()


def test_a_class_between_two_with_the_same_step_has_no_edge_of_its_own():
    """What the literature's formula does: -1 + 1 cancel on the one-pixel class in the middle."""
    assert laplacian(np.tile([1, 1, 2, 3, 3], (5, 1)))[2].tolist() == [0, 1, 0, -1, 0]
    edges = boundaries(np.tile([1, 1, 2, 3, 3], (5, 1)))
    assert edges[2].tolist() == [0, 1, 0, 1, 0]


def test_reads_label_maps(tmp_path):
    labels = np.random.default_rng(0).integers(0, 460, (6, 7))
    for values in (labels.astype(np.uint16), labels.astype(float)):
        scipy.io.savemat(tmp_path / 'a.mat', dict(LabelMap=values), do_compression=True)
        np.testing.assert_array_equal(read_label_map(tmp_path / 'a.mat'), labels)


@pytest.mark.parametrize('values', ['text', np.zeros((2, 3, 3)), np.zeros((0, 3)), dict(a=1)])
def test_what_is_no_label_map_is_named(tmp_path, values):
    scipy.io.savemat(tmp_path / 'a.mat', dict(LabelMap=values))
    with pytest.raises(DataError, match=r'a\.mat'):
        read_label_map(tmp_path / 'a.mat')


def test_a_label_map_far_larger_than_any_is_refused(tmp_path):
    scipy.io.savemat(tmp_path / 'a.mat', dict(LabelMap=np.zeros((2048, 2048), np.uint8)), do_compression=True)
    assert read_label_map(tmp_path / 'a.mat').shape == (2048, 2048)
    scipy.io.savemat(tmp_path / 'a.mat', dict(LabelMap=np.zeros((2049, 2048), np.uint8)), do_compression=True)
    assert (tmp_path / 'a.mat').stat().st_size < 10_000
    with pytest.raises(DataError, match=r'a\.mat: a label map of 2049x2048 pixels, and at most 4194304'):
        read_label_map(tmp_path / 'a.mat')
