"""From the task list of a config to tasks."""

from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.registry import Registry
from mmseg.registry import TASK_UTILS

from mtcp_mm.utils import ConfigError, resolve_type

from .base import Task


def build_tasks(tasks: Sequence[dict | Task]) -> dict[str, Task]:
    """Builds the tasks of a config by name, in the order of the config.

    Args:
        tasks: Entries such as ``dict(type='DepthMap', name='depth')``; tasks that are built already pass through.

    Raises:
        ConfigError: The list is empty or no list, a task cannot be, or two tasks share a name or a field.
    """
    if isinstance(tasks, Mapping | str) or not tasks:
        what = 'empty' if not tasks else f'no list but {tasks!r}'
        raise ConfigError(f'the task list is {what}; name at least one task in the config: tasks=[dict(type=...)]')
    built = [task if isinstance(task, Task) else build_entry(task) for task in tasks]
    for what in ('name', 'field'):
        values = [getattr(task, what) for task in built]
        if repeated := sorted({value for value in values if values.count(value) > 1}):
            raise ConfigError(f'two tasks share the {what} {", ".join(repeated)}; give each task its own')
    return {task.name: task for task in built}


def split_tasks(tasks: Mapping[str, Task]) -> tuple[dict[str, Task], dict[str, Task]]:
    """Splits tasks by name into the main ones, which have a final map, and the auxiliary ones, which have none.

    Raises:
        ConfigError: All are auxiliary.
    """
    main = {name: task for name, task in tasks.items() if not task.auxiliary}
    if not main:
        raise ConfigError(f'all tasks, {", ".join(tasks)}, are auxiliary; leave out auxiliary=True of one at least')
    return main, {name: task for name, task in tasks.items() if task.auxiliary}


def build_entry(entry: Any) -> Task:
    """Builds one entry of a task list.

    Raises:
        ConfigError: It cannot be; the message names the task.
    """
    if not isinstance(entry, Mapping):
        raise ConfigError(
            f'{entry!r} in the task list; a dict is expected, such as dict(type="DepthMap", name="depth")'
        )
    return build_part(TASK_UTILS, entry, f'task "{entry.get("name", "")}"')


def without_reading(tasks: Sequence[dict]) -> list[dict]:
    """Returns a task list without what says how files are encoded: what its predictions mean.

    Raises:
        ConfigError: See :func:`build_tasks`.
    """
    built = build_tasks(tasks).values()
    return [
        {key: value for key, value in entry.items() if key not in task.reading_settings}
        for entry, task in zip(tasks, built, strict=True)
    ]


class TasksOfEntries:
    """Builds the tasks of data sets' entries, each list once; those of data sets put together may be encoded unlike."""

    def __init__(self) -> None:
        self._built: list[tuple[Sequence[dict], dict[str, Task]]] = []

    def __call__(self, entry: Mapping) -> dict[str, Task]:
        """Returns by name the tasks that read the files of an entry: those of its list ``tasks``, none without one."""
        wanted = entry.get('tasks')
        if not wanted:
            return {}
        for tasks, built in self._built:
            if tasks == wanted:
                return built
        self._built.append((wanted, build_tasks(wanted)))
        return self._built[-1][1]


def build_part(registry: Registry, config: Mapping, what: str) -> Any:
    """Builds a part from its config; what the config has too much, too little or wrong becomes one plain error.

    Args:
        registry: Where its type stands.
        config: The config.
        what: What the part is, for the message.

    Raises:
        ConfigError: The type is not known, an argument is missing or unknown, or has a value that cannot be.
    """
    try:
        resolve_type(config, registry)
        return registry.build(config)
    except (TypeError, ValueError) as error:
        reason = str(error)
        if isinstance(error, TypeError) and '__init__()' not in reason:  # not of the arguments, but inside
            raise
        raise ConfigError(reason if what in reason else f'{what}: {reason}') from error
