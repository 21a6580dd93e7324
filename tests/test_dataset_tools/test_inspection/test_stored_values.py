import numpy as np
import pytest

from mtcp_mm.dataset_tools.inspection.stored_values import StoredValues, add_array, merge_stored
from mtcp_mm.tasks import BinaryMap

ARRAYS = [
    np.array([[0, 255]], np.uint8),
    np.array([[0, 128]], np.uint8),
    np.array([[0, 1]], np.float32),
    np.array([[0.5, np.nan]], np.float32),
    np.zeros((1, 2), bool),
]


@pytest.mark.parametrize('parts', [[ARRAYS], [ARRAYS[:2], ARRAYS[2:]], [[array] for array in ARRAYS]])
def test_values_are_grouped_by_dtype_and_parts_can_be_merged(parts):
    task, stored = BinaryMap('mask', void_value=128), {}
    for part in parts:
        own = {}
        for array in part:
            add_array(own, task, array)
        merge_stored(stored, own)
    assert {dtype: values.figures() for dtype, values in stored.items()} == {
        'uint8': dict(files=2, reading='yes above 127.5, 128 void', min=0, max=255, values=[0, 128, 255]),
        'float32': dict(files=2, reading='yes above 0.5, 128 void', min=0, max=1, values=None),
        'bool': dict(files=1, reading='yes above 0.5, 128 void', min=0, max=0, values=[False]),
    }


def test_many_values_are_reported_as_a_range():
    stored = StoredValues('as they stand')
    for first in (0, 6):
        stored.add(np.arange(first, first + 6, dtype=np.uint8)[None])
    assert stored.figures()['values'] is None and (stored.min, stored.max) == (0, 11)
