"""Loading the targets that a data set's entry points at."""

from collections.abc import Mapping

import numpy as np

from .base import Task
from .reading import read_array


def load_map(task: Task, entry: Mapping) -> np.ndarray | None:
    """Loads a task's target (H, W[, 3]), None where the entry has none.

    Args:
        task: The task.
        entry: ``map_paths``, path or None by task name, and ``readers``, which may have a function from path to array
            by task name; :func:`read_array` reads the others.

    Raises:
        DataError: The file is damaged or not what the task expects; the message names it.
    """
    path = entry['map_paths'].get(task.name)
    if path is None:
        return None
    return task.load(path, entry.get('readers', {}).get(task.name, read_array))
