"""Names of losses, and of the scalars that LPS logs, which are made and parsed only here.

====================  ======================================
``loss_<task>``       a task's final prediction
``loss_<task>_s<k>``  its k-th intermediate prediction
``loss_<name>``       a neck's loss; no task has this name
====================  ======================================

MMEngine sums every scalar whose name contains ``loss``, so only losses may have such names. A stock model adds a prefix
(``decode.loss_ce``).
"""

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from torch import Tensor

from mtcp_mm.utils import ConfigError

PREFIX = 'loss_'
WEIGHT, SHARE = 'lps/weight_', 'lps/share_'
"""What the scalars that LPS logs for a task start with."""
STAGE = re.compile(r'(.*loss_.+)_s(\d+)')


class LossTerm(NamedTuple):
    """What a loss scores: the task (None for a neck's loss) and the stage (None for the final prediction)."""

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
    """Whether MMEngine counts a scalar as a loss, by its name."""
    return 'loss' in key


def is_intermediate(key: str) -> bool:
    """Whether a loss scores an intermediate prediction."""
    return STAGE.fullmatch(key) is not None


def without_prefix(key: str) -> str:
    """Returns a loss's name for legends and scalars: ``depth`` of ``loss_depth``, ``aux.ce`` of ``aux.loss_ce``."""
    return re.sub('loss_?', '', key)


def parse_loss(key: str, tasks: Collection[str]) -> LossTerm:
    """Finds what a loss scores.

    Args:
        key: Name of the loss.
        tasks: Names of all tasks.

    Raises:
        ConfigError: The name does not start with ``loss_``, or is that of an unknown task's intermediate prediction.
    """
    tasks_of = {task_loss(task): task for task in tasks}
    if key in tasks_of:
        return LossTerm(key, tasks_of[key])
    match = STAGE.fullmatch(key)
    if match and match[1] in tasks_of:
        return LossTerm(key, tasks_of[match[1]], int(match[2]))
    if match or not key.startswith(PREFIX):
        raise ConfigError(
            f'loss "{key}" is unknown. The losses of the tasks are {", ".join(tasks_of)}, followed by _s<number> for '
            'an intermediate prediction; those of necks are loss_<name>, without _s<number>'
        )
    return LossTerm(key)


def merge_losses(
    task_losses: Mapping[str, Tensor], neck_losses: Mapping[str, Tensor], tasks: Collection[str]
) -> dict[str, Tensor]:
    """Merges the losses of tasks and of necks.

    Args:
        task_losses: The head's losses by name.
        neck_losses: The necks' losses by name, :attr:`TaskFeatures.losses`.
        tasks: Names of all tasks.

    Raises:
        ConfigError: A neck's loss has the name of a task's loss, or an invalid name.
    """
    for key in neck_losses:
        if key in task_losses or parse_loss(key, tasks).task is not None:
            raise ConfigError(f'a neck gives {key}, which is the loss of a task; rename the task or the loss')
    return {**task_losses, **neck_losses}


def check_task_names(tasks: Collection[str]) -> None:
    """Checks that no task is named like an intermediate prediction of another, as ``depth_s0`` is beside ``depth``.

    Raises:
        ConfigError: A task is.
    """
    for task in tasks:
        match = STAGE.fullmatch(task_loss(task))
        if match and match[1].removeprefix(PREFIX) in tasks:
            raise ConfigError(
                f'tasks "{match[1].removeprefix(PREFIX)}" and "{task}": {task_loss(task)} would also be the loss of an '
                'intermediate prediction of the first; rename one'
            )
