"""Loading the targets that a data set's entry points at."""

from collections.abc import Mapping

import numpy as np

from .base import Task
from .reading import read_array


def read_map(task: Task, entry: Mapping) -> np.ndarray | None:
    """Reads the array of a task's file, None where the entry has none.

    Args:
        task: The task.
        entry: ``map_paths``, path or None by task name, and ``readers``, which may have a function from path to array
            by task name; :func:`read_array` reads the others.

    Raises:
        DataError: The file is damaged; the message names it.
    """
    path = entry['map_paths'].get(task.name)
    return None if path is None else entry.get('readers', {}).get(task.name, read_array)(path)


def load_map(task: Task, entry: Mapping) -> np.ndarray | None:
    """Loads a task's target (H, W[, 3]), None where the entry has none; see :func:`read_map`.

    Raises:
        DataError: The file is damaged or not what the task expects; the message names it.
    """
    values = read_map(task, entry)
    return None if values is None else task.decode(values, entry['map_paths'][task.name])
