"""From the task list of a config to tasks."""

from collections.abc import Sequence

from mmseg.registry import TASK_UTILS

from .base import Task


def build_tasks(tasks: Sequence[dict | Task]) -> dict[str, Task]:
    """Builds the tasks of a config by name, in the order of the config.

    Args:
        tasks: Entries such as ``dict(type='DepthMap', name='depth')``; tasks that are built already pass through.

    Raises:
        ValueError: The list is empty, or two tasks share a name or a field.
    """
    built = [task if isinstance(task, Task) else TASK_UTILS.build(task) for task in tasks]
    if not built:
        raise ValueError('the task list is empty; name at least one task in the config')
    for what in ('name', 'field'):
        values = [getattr(task, what) for task in built]
        if repeated := sorted({value for value in values if values.count(value) > 1}):
            raise ValueError(f'two tasks share the {what} {", ".join(repeated)}; give each task its own')
    return {task.name: task for task in built}
