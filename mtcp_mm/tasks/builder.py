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
        tasks: Entries such as ``dict(type='DepthMap', name='depth')``, or tasks that are built already.

    Raises:
        ConfigError: It is not a list of tasks, or two tasks share a name or a field.
    """
    if isinstance(tasks, Mapping | str) or not tasks:
        what = 'empty' if not tasks else f'{tasks!r}, no list'
        raise ConfigError(f'the task list is {what}; list at least one task in the config: tasks=[dict(type=...)]')
    built = [task if isinstance(task, Task) else build_entry(task) for task in tasks]
    for what in ('name', 'field'):
        values = [getattr(task, what) for task in built]
        if repeated := sorted({value for value in values if values.count(value) > 1}):
            raise ConfigError(f'two tasks share the {what} {", ".join(repeated)}; give each task its own')
    return {task.name: task for task in built}


def split_tasks(tasks: Mapping[str, Task]) -> tuple[dict[str, Task], dict[str, Task]]:
    """Splits tasks into the main ones, which have a final map, and the auxiliary ones, which have none; both by name.

    Raises:
        ConfigError: All are auxiliary.
    """
    main = {name: task for name, task in tasks.items() if not task.auxiliary}
    if not main:
        raise ConfigError(f'all tasks ({", ".join(tasks)}) are auxiliary; remove auxiliary=True from at least one')
    return main, {name: task for name, task in tasks.items() if task.auxiliary}


def build_entry(entry: Any) -> Task:
    """Builds one entry of a task list.

    Raises:
        ConfigError: It is not valid; the message names the task.
    """
    if not isinstance(entry, Mapping):
        raise ConfigError(
            f'{entry!r} in the task list; a dict is expected, such as dict(type="DepthMap", name="depth")'
        )
    return build_part(TASK_UTILS, entry, f'task "{entry.get("name", "")}"')


def without_encoding(tasks: Sequence[dict]) -> list[dict]:
    """Returns a task list without the settings that say how files are encoded: all that its predictions depend on.

    Raises:
        ConfigError: See :func:`build_tasks`.
    """
    built = build_tasks(tasks).values()
    return [
        {key: value for key, value in entry.items() if key not in task.encoding_settings}
        for entry, task in zip(tasks, built, strict=True)
    ]


class TaskCache:
    """Builds the tasks of data sets' entries, each list once. Combined data sets may encode their files differently."""

    def __init__(self) -> None:
        self._built: list[tuple[Sequence[dict], dict[str, Task]]] = []

    def __call__(self, entry: Mapping) -> dict[str, Task]:
        """Returns the tasks that read the files of an entry, by name: those that it lists as ``tasks``, if any."""
        wanted = entry.get('tasks')
        if not wanted:
            return {}
        for tasks, built in self._built:
            if tasks == wanted:
                return built
        self._built.append((wanted, build_tasks(wanted)))
        return self._built[-1][1]


def build_part(registry: Registry, config: Mapping, label: str) -> Any:
    """Builds a part from its config, and reports any mistake in the config as one plain error.

    Args:
        registry: The registry of its type.
        config: The config.
        label: What the part is, for the message.

    Raises:
        ConfigError: The type is not known, or an argument is missing, unknown or not valid.
    """
    try:
        resolve_type(config, registry)
        return registry.build(config)
    except (TypeError, ValueError) as error:
        reason = str(error)
        if isinstance(error, TypeError) and '__init__()' not in reason:  # not about the arguments, but a bug inside
            raise
        raise ConfigError(reason if label in reason else f'{label}: {reason}') from error
