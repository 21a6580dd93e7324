"""Checks that the tasks of a network and those of its data agree."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mmengine.config import Config

from mtcp_mm.tasks import Task, build_tasks
from mtcp_mm.utils import ConfigError

from .config_parts import find_parts, task_names

REMEDY = 'set tasks at the top level only, or the same in both'
MEANING: tuple[Callable[[Task], Any], ...] = (
    lambda task: type(task).__name__,
    lambda task: task.field,
    lambda task: list(task.classes),
    lambda task: 'auxiliary' if task.auxiliary else 'a main task',
)
"""Properties of a task that a network and its data must share; the encoding of files may differ."""


def check_tasks(cfg: Config) -> None:
    """Checks that a network is trained on data for all its tasks, and evaluated only on tasks that it has.

    Raises:
        ConfigError: Tasks are missing; the message names both lists.
    """
    model = cfg.get('model')
    network = task_names(model.get('tasks')) if isinstance(model, Mapping) else []
    if not network:
        return
    for section in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        check_section(model['tasks'], cfg.get(section), section)
    top = task_names(cfg.get('tasks'))
    if top and set(network) != set(top):
        raise unlike_tasks(network, 'the top level', top)


def check_section(tasks: Sequence[Mapping], dataloader: Any, section: str) -> None:
    """Checks the tasks of a network against those of one dataloader's data."""
    network = task_names(tasks)
    parts = list(find_parts(dataloader, 'tasks'))
    data = list(dict.fromkeys(name for _, part in parts for name in task_names(part['tasks'])))
    wanted, available = (network, data) if section == 'train_dataloader' else (data, network)
    if data and set(wanted) - set(available):
        raise unlike_tasks(network, section, data)
    for place, part in parts:
        check_meaning(tasks, part['tasks'], '.'.join(map(str, (section, *place))))


def check_meaning(network: Sequence[Mapping], data: Sequence[Mapping], place: str) -> None:
    """Checks that tasks of the same name mean the same to a network and its data.

    Args:
        network: Task list of the network.
        data: Task list of the data.
        place: Place of the data in the config, for the message.

    Raises:
        ConfigError: A task differs; the message names both meanings.
    """
    ours, theirs = build_tasks(network), build_tasks(data)
    for name in ours.keys() & theirs.keys():
        for aspect in MEANING:
            if aspect(ours[name]) != aspect(theirs[name]):
                mine, other = aspect(ours[name]), aspect(theirs[name])
                raise ConfigError(f'task "{name}" is {mine} in the model, and {other} in {place}; {REMEDY}')


def unlike_tasks(network: Sequence[str], section: str, other: Sequence[str]) -> ConfigError:
    """Returns the error for lists of tasks that do not agree."""
    return ConfigError(f'model has the tasks {", ".join(network)}, and {section} {", ".join(other)}; {REMEDY}')
