import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from skimage import morphology

from mtcp_mm.evaluation.edge_matching import (
    count_matches,
    match_at_thresholds,
    pixels_in_reach,
    suppress_non_maxima,
)

MASKS = arrays(bool, (9, 11), elements=st.booleans())


def optimal_matches(predicted, edges, radius):
    """The most matches, by a dense optimal assignment."""
    distances = cdist(np.argwhere(predicted), np.argwhere(edges))
    allowed = distances <= radius
    return allowed[linear_sum_assignment(~allowed)].sum() if allowed.size else 0


def matches(predicted, edges, radius):
    return count_matches(pixels_in_reach(edges, radius)[np.flatnonzero(predicted)])


def test_hand_worked_cases():
    row = np.zeros((1, 8), bool)
    predicted, edges = row.copy(), row.copy()
    predicted[0, [0, 2]] = edges[0, [1, 3]] = True
    assert matches(predicted, edges, 1) == 2  # 0 to 1 and 2 to 3, though 2 could have taken 1 from 0
    predicted[0, [1, 3]] = True
    assert matches(predicted, edges, 1) == 2  # one to one: four predictions, two edges
    assert matches(predicted, edges, 0) == 2  # 1 and 3 themselves
    assert matches(row, edges, 1) == matches(predicted, row, 1) == 0


@given(predicted=MASKS, edges=MASKS, radius=st.floats(0, 4))
@settings(max_examples=60, deadline=None)
def test_the_number_of_matches_equals_that_of_an_optimal_assignment(predicted, edges, radius):
    assert matches(predicted, edges, radius) == optimal_matches(predicted, edges, radius)


def test_reach_is_the_distance_and_does_not_wrap_at_the_border():
    edges = np.random.default_rng(0).random((8, 13)) < 0.2
    near = pixels_in_reach(edges, np.sqrt(5)).toarray().astype(bool)
    distances = cdist(np.argwhere(np.ones_like(edges)), np.argwhere(edges))
    np.testing.assert_array_equal(near, distances <= np.sqrt(5))


def test_values_equal_to_a_threshold_count():
    rng = np.random.default_rng(0)
    probability = cv2.GaussianBlur(rng.random((30, 40)), (0, 0), 2)
    probability = np.round((probability - probability.min()) / np.ptp(probability) * 4) / 4  # 0, 0.25, ..., 1
    edges = morphology.thin(probability > 0.6)
    thresholds = [0.2, 0.25, 0.26, 0.5, 0.75, 1]
    expected = []
    for threshold in thresholds:
        thinned = morphology.thin(probability >= threshold)
        expected.append((optimal_matches(thinned, edges, 2), thinned.sum()))
    counts = match_at_thresholds(probability, edges, thresholds, 2)
    np.testing.assert_array_equal(np.stack(counts, 1), expected)
    assert len({tuple(pair) for pair in expected}) == 4


@pytest.mark.parametrize('angle', [0, 30, 45, 90, 120])
def test_non_maxima_beside_a_ridge_are_suppressed(angle):
    y, x = np.indices((61, 61)) - 30
    distance = abs(x * np.sin(np.deg2rad(angle)) - y * np.cos(np.deg2rad(angle)))
    line = np.exp(-((distance / 3) ** 2)).astype(np.float32)
    kept = suppress_non_maxima(line)
    inner = np.hypot(x, y) < 20
    assert not kept[inner & (distance > 1)].any()
    np.testing.assert_array_equal(kept[inner & (distance < 0.1)], line[inner & (distance < 0.1)])


def test_a_flat_map_has_no_non_maxima():
    flat = np.full((5, 6), 0.3, np.float32)
    np.testing.assert_array_equal(suppress_non_maxima(flat), flat)
