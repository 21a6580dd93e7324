import pytest

from mtcp_mm.dataset_tools.matlab.budget import LARGEST, MOST_VALUES, Budget


def test_bytes_and_values_are_spent():
    budget = Budget()
    for _ in range(MOST_VALUES):
        budget.spend(LARGEST // MOST_VALUES)
    with pytest.raises(ValueError, match=f'more than {MOST_VALUES} values'):
        budget.spend(0)
    with pytest.raises(ValueError, match=f'grows beyond {LARGEST} bytes'):
        Budget().spend(LARGEST + 1)
