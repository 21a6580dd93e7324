"""Loading the targets of a data set entry."""

from collections.abc import Mapping

import numpy as np

from .base import Task
from .reading import read_array


def read_map(task: Task, entry: Mapping) -> np.ndarray | None:
    """Reads the array in a task's file. Returns None if the entry has no file for the task.

    Args:
        task: The task.
        entry: ``map_paths`` has the path of each map, or None, by task name. The optional ``readers`` has functions
            from path to array, by task name; :func:`read_array` reads the other maps.

    Raises:
        DataError: The file is damaged; the message names it.
    """
    path = entry['map_paths'].get(task.name)
    return None if path is None else entry.get('readers', {}).get(task.name, read_array)(path)


def load_map(task: Task, entry: Mapping) -> np.ndarray | None:
    """Loads a task's target (H, W[, channels]). Returns None if the entry has no file for the task.

    Args:
        task: The task.
        entry: See :func:`read_map`.

    Raises:
        DataError: The file is damaged or is no map of the task; the message names it.
    """
    values = read_map(task, entry)
    return None if values is None else task.decode(values, entry['map_paths'][task.name])
