from collections.abc import Callable

import numpy as np
from mmcv.transforms import BaseTransform

from mtcp_mm.tasks import Task, build_tasks


class TaskTransform(BaseTransform):
    """A transform that asks the tasks how their maps change.

    A task's target (H, W[, 3]) is ``results['gt_<field>']``; the task list is ``results['tasks']``. An image without
    tasks, as in inference, has no maps to change.
    """

    _entries: list[dict] | None = None
    _tasks: dict[str, Task]

    def tasks(self, results: dict) -> list[Task]:
        """Returns the tasks of a sample."""
        entries = results.get('tasks')
        if not entries:
            return []
        if entries != self._entries:  # samples of one data set share their list: built once
            self._entries, self._tasks = entries, build_tasks(entries)
        return list(self._tasks.values())

    def change_targets(self, results: dict, change: Callable[[Task, np.ndarray], np.ndarray]) -> None:
        """Replaces each target at hand by ``change(task, target)``."""
        for task in self.tasks(results):
            key = f'gt_{task.field}'
            if key in results:
                results[key] = change(task, results[key])
