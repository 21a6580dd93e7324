from typing import Any

import numpy as np

from mtcp_mm.tasks import Task

MOST_LISTED = 8
"""Maximum number of different values to list."""


class StoredValues:
    """Values in the files of one dtype: number of files, range, and the values themselves if they are few.

    Args:
        reading: How the task decodes this dtype, in words.
    """

    def __init__(self, reading: str) -> None:
        self.readings = {reading}
        self.files = 0
        self.min, self.max = np.inf, -np.inf
        self.values: set[int] | None = set()

    def add(self, values: np.ndarray) -> None:
        """Adds the array of a file. Values are listed for integer arrays (H, W) only."""
        known = values[np.isfinite(values)]
        listed = set(np.unique(known).tolist()) if values.ndim == 2 and values.dtype.kind in 'biu' else None
        low, high = (float(known.min()), float(known.max())) if known.size else (np.inf, -np.inf)
        self._merge(1, low, high, listed)

    def merge(self, other: 'StoredValues') -> None:
        """Adds the values of other files with the same dtype and task. They may be decoded by another rule."""
        self.readings |= other.readings
        self._merge(other.files, other.min, other.max, other.values)

    def figures(self) -> dict[str, Any]:
        """Returns plain data for the report. ``values`` is None if there are many or not only integers."""
        values = None if self.values is None else sorted(self.values)
        reading = ' or '.join(sorted(self.readings))
        return dict(files=self.files, reading=reading, min=float(self.min), max=float(self.max), values=values)

    def _merge(self, files: int, low: float, high: float, values: set[int] | None) -> None:
        self.files += files
        self.min, self.max = min(self.min, low), max(self.max, high)
        both = None if self.values is None or values is None else self.values | values
        self.values = both if both is not None and len(both) <= MOST_LISTED else None


def add_array(stored: dict[str, StoredValues], task: Task, values: np.ndarray) -> None:
    """Adds the array of a file to the values of its dtype."""
    added = StoredValues(task.describe_encoding(values.dtype))
    added.add(values)
    merge_stored(stored, {str(values.dtype): added})


def merge_stored(stored: dict[str, StoredValues], other: dict[str, StoredValues]) -> None:
    """Adds other values, by dtype."""
    for dtype, values in other.items():
        if dtype in stored:
            stored[dtype].merge(values)
        else:
            stored[dtype] = values
