import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtcp_mm.dataset_tools.inspection.value_counts import ValueCounts

VALUES = st.lists(st.floats(-6e4, 6e4, width=32), min_size=1, max_size=40)


def counted(*parts):
    """Counts each part separately and merges the counts."""
    total = ValueCounts()
    for part in parts:
        counts = ValueCounts()
        counts.add(np.array(part, np.float32))
        total.merge(counts)
    return total


@settings(max_examples=40, deadline=None)
@given(VALUES, VALUES, st.integers(0, 100))
def test_merged_parts_agree_with_numpy(first, second, percent):
    counts, values = counted(first, second), np.array(first + second)
    assert (counts.number, counts.min, counts.max) == (len(values), values.min(), values.max())
    assert counts.mean == pytest.approx(values.mean(), abs=1e-6)
    assert counts.std == pytest.approx(values.std(), rel=1e-3, abs=1e-3 * abs(values).max() + 1e-6)
    # The rank of the percentile among the values, within its 11 bits.
    found, wide = counts.percentile(percent), 2**-10 * abs(counts.percentile(percent)) + 1e-7
    wanted = percent / 100 * len(values)
    assert (values < found - wide).sum() <= wanted + 1e-9
    assert (values <= found + wide).sum() >= wanted - 1e-9


def test_percentiles_of_depths():
    depth = np.random.default_rng(0).lognormal(1, 0.6, 10001).astype(np.float32)
    counts = counted(depth)
    for percent in (1, 25, 50, 99):
        assert counts.percentile(percent) == pytest.approx(np.percentile(depth, percent), rel=2e-3)


def test_share_of_a_value():
    counts = counted([0, 1, 1, 0], [0, 0, -0.0, 0.5])
    assert counts.share(1) == 0.25 and counts.share(0) == 5 / 8


def test_beyond_half_precision_range_and_mean_stay_exact():
    counts = counted([1e6, 3e6])
    assert (counts.min, counts.mean, counts.max) == (1e6, 2e6, 3e6)
    assert counts.percentile(50) == 1e6  # never outside the range


def test_without_values_all_figures_are_nan():
    counts = counted([], [])
    assert counts.number == 0
    assert all(np.isnan(x) for x in (counts.mean, counts.std, counts.percentile(50), counts.share(0)))
