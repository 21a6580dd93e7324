"""Building tasks from the task list of a config."""

from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.registry import Registry
from mmseg.registry import TASK_UTILS

from mtcp_mm.utils import ConfigError, resolve_type

from .base import Task


def build_tasks(tasks: Sequence[dict | Task]) -> dict[str, Task]:
    """Builds the tasks of a config.

    Args:
        tasks: Entries such as ``dict(type='DepthMap', name='depth')``, or built tasks.

    Returns:
        The tasks by name, in the order of the list.

    Raises:
        ConfigError: ``tasks`` is not a list of tasks, or two tasks share a name or a field.
    """
    if isinstance(tasks, Mapping | str) or not tasks:
        problem = 'empty' if not tasks else f'{tasks!r}, no list'
        raise ConfigError(f'the task list is {problem}; list at least one task in the config: tasks=[dict(type=...)]')
    built = [task if isinstance(task, Task) else build_entry(task) for task in tasks]
    for attribute in ('name', 'field'):
        values = [getattr(task, attribute) for task in built]
        if repeated := sorted({value for value in values if values.count(value) > 1}):
            raise ConfigError(f'two tasks share the {attribute} {", ".join(repeated)}; give each task its own')
    return {task.name: task for task in built}


def split_tasks(tasks: Mapping[str, Task]) -> tuple[dict[str, Task], dict[str, Task]]:
    """Splits tasks into main tasks, which have a final prediction, and auxiliary ones, which have none.

    Returns:
        The main and the auxiliary tasks, both by name.

    Raises:
        ConfigError: All tasks are auxiliary.
    """
    main = {name: task for name, task in tasks.items() if not task.auxiliary}
    if not main:
        raise ConfigError(f'all tasks ({", ".join(tasks)}) are auxiliary; remove auxiliary=True from at least one')
    return main, {name: task for name, task in tasks.items() if task.auxiliary}


def build_entry(entry: Any) -> Task:
    """Builds one entry of a task list.

    Raises:
        ConfigError: The entry is invalid; the message names the task.
    """
    if not isinstance(entry, Mapping):
        raise ConfigError(
            f'{entry!r} in the task list; a dict is expected, such as dict(type="DepthMap", name="depth")'
        )
    return build_part(TASK_UTILS, entry, f'task "{entry.get("name", "")}"')


def without_encoding(tasks: Sequence[dict]) -> list[dict]:
    """Returns a task list without its file encoding settings, on which predictions do not depend.

    Raises:
        ConfigError: See :func:`build_tasks`.
    """
    built = build_tasks(tasks).values()
    return [
        {key: value for key, value in entry.items() if key not in task.encoding_settings}
        for entry, task in zip(tasks, built, strict=True)
    ]


class TaskCache:
    """Builds the tasks of data set entries, once per task list.

    Combined data sets have several lists, since their files may be encoded differently.
    """

    def __init__(self) -> None:
        self._built: list[tuple[Sequence[dict], dict[str, Task]]] = []

    def __call__(self, entry: Mapping) -> dict[str, Task]:
        """Returns the tasks by name that decode the files of an entry, from its ``tasks``; empty if it has none."""
        wanted = entry.get('tasks')
        if not wanted:
            return {}
        for tasks, built in self._built:
            if tasks == wanted:
                return built
        self._built.append((wanted, build_tasks(wanted)))
        return self._built[-1][1]


def build_part(registry: Registry, config: Mapping, label: str) -> Any:
    """Builds a component from its config. Any mistake in the config becomes a ConfigError.

    Args:
        registry: The registry of the component.
        config: The config.
        label: Name of the component, for the message.

    Raises:
        ConfigError: The type is unknown, or an argument is missing, unknown or invalid.
    """
    try:
        resolve_type(config, registry)
        return registry.build(config)
    except (TypeError, ValueError) as error:
        reason = str(error)
        if isinstance(error, TypeError) and '__init__()' not in reason:  # a bug, not a wrong argument
            raise
        raise ConfigError(reason if label in reason else f'{label}: {reason}') from error
