"""Names of losses, made and read here and nowhere else.

====================  ======================================
``loss_<task>``       a task's final prediction
``loss_<task>_s<k>``  its k-th intermediate prediction
``loss_<name>``       a loss of a neck's own, ``name`` no task
====================  ======================================

MMEngine adds up every scalar with ``loss`` in its name, so nothing but a loss may have it there. A stock model puts its
own prefix before them (``decode.loss_ce``).
"""

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from torch import Tensor

from mtcp_mm.utils import ConfigError

PREFIX = 'loss_'
STAGE = re.compile(r'(.*loss_.+)_s(\d+)')


class LossTerm(NamedTuple):
    """What a loss scores: the task (None: a neck's own loss) and the stage (None: the final prediction)."""

    key: str
    task: str | None = None
    stage: int | None = None


def task_loss(task: str) -> str:
    """Returns the name of the loss of a task's final prediction."""
    return f'{PREFIX}{task}'


def stage_loss(task: str, stage: int) -> str:
    """Returns the name of the loss of a task's intermediate prediction, counted from 0."""
    return f'{PREFIX}{task}_s{stage}'


def neck_loss(name: str) -> str:
    """Returns the name of a neck's loss."""
    return f'{PREFIX}{name}'


def is_loss(key: str) -> bool:
    """Whether a scalar is a loss to MMEngine."""
    return 'loss' in key


def is_intermediate(key: str) -> bool:
    """Whether a loss is that of an intermediate prediction."""
    return STAGE.fullmatch(key) is not None


def without_prefix(key: str) -> str:
    """Returns a loss's name for legends and scalars: ``depth`` of ``loss_depth``, ``aux.ce`` of ``aux.loss_ce``."""
    return re.sub('loss_?', '', key)


def parse_loss(key: str, tasks: Collection[str]) -> LossTerm:
    """Says what a loss scores.

    Args:
        key: Its name.
        tasks: Names of all tasks.

    Raises:
        ConfigError: It does not start with ``loss_``, or is named like an intermediate prediction of an unknown task.
    """
    tasks_of = {task_loss(task): task for task in tasks}
    if key in tasks_of:
        return LossTerm(key, tasks_of[key])
    match = STAGE.fullmatch(key)
    if match and match[1] in tasks_of:
        return LossTerm(key, tasks_of[match[1]], int(match[2]))
    if match or not key.startswith(PREFIX):
        raise ConfigError(
            f'loss "{key}" is unknown. The losses of the tasks are {", ".join(tasks_of)}, with _s<number> after it for '
            'an intermediate prediction; those of necks are loss_<name>, without _s<number>'
        )
    return LossTerm(key)


def merge_losses(
    task_losses: Mapping[str, Tensor], neck_losses: Mapping[str, Tensor], tasks: Collection[str]
) -> dict[str, Tensor]:
    """Puts the losses of necks beside those of tasks.

    Args:
        task_losses: The head's losses by name.
        neck_losses: The necks' losses by name, :attr:`TaskFeatures.losses`.
        tasks: Names of all tasks.

    Raises:
        ConfigError: A neck's loss has the name of a task's, or no name of a loss.
    """
    for key in neck_losses:
        if key in task_losses or parse_loss(key, tasks).task is not None:
            raise ConfigError(f'a neck gives {key}, which is the loss of a task; rename the task or the loss')
    return {**task_losses, **neck_losses}


def check_task_names(tasks: Collection[str]) -> None:
    """Checks that no task is called like an intermediate prediction of another.

    Raises:
        ConfigError: One is.
    """
    for task in tasks:
        match = STAGE.fullmatch(task_loss(task))
        if match and match[1].removeprefix(PREFIX) in tasks:
            raise ConfigError(
                f'tasks "{match[1].removeprefix(PREFIX)}" and "{task}": {task_loss(task)} would also be the loss of an '
                'intermediate prediction of the first; rename one'
            )
