import numpy as np
import pytest

from mtcp_mm.dataset_tools.preparation.label_edges import edges_from_labels


def test_a_line_runs_where_two_classes_meet():
    labels = np.full((40, 60), 3, np.uint16)
    labels[:, 30:] = 700
    edges = edges_from_labels(labels)
    assert edges.dtype == np.uint8 and set(np.unique(edges)) == {0, 255}
    assert ((edges[1:] > 0).sum(1) == 1).all()  # thinning takes the line's first pixel
    assert set(np.nonzero(edges)[1]) <= {29, 30}


@pytest.mark.parametrize('half', [4, 8])
def test_a_narrow_strip_of_void_is_crossed_in_its_middle(half):
    labels = np.full((40, 60), 3, np.uint16)
    labels[:, 30 + half :], labels[:, 30 - half : 30 + half] = 5, 0
    edges = edges_from_labels(labels)
    assert ((edges[1:] > 0).sum(1) == 1).all()  # thinning takes the line's first pixel
    assert set(np.nonzero(edges)[1]) <= {29, 30}


def test_where_labels_end_there_is_no_edge():
    labels = np.zeros((60, 60), np.uint16)
    labels[:20], labels[40:] = 3, 5
    assert not edges_from_labels(labels).any()
    assert not edges_from_labels(np.zeros((9, 9), np.uint8)).any()


def test_one_class_has_no_edge():
    labels = np.full((30, 30), 7, np.uint8)
    labels[10:14, 10:14] = 0
    assert not edges_from_labels(labels).any()
