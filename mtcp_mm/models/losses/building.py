"""Building a task's loss."""

import inspect

from mmseg.registry import MODELS
from torch import nn

from mtcp_mm.tasks import Task
from mtcp_mm.tasks.builder import build_part
from mtcp_mm.utils import ConfigError


def build_loss(task: Task) -> nn.Module:
    """Builds the loss of a task, and refuses one that cannot score it.

    A loss may define ``suits(task)``, whether it can score a task, and ``made_for``, the same in words.

    Raises:
        ConfigError: Its config cannot be, or it is made for maps of another kind.
    """
    what = f'loss of task "{task.name}"'
    loss = build_part(MODELS, task.loss, what)
    kind = type(loss).__name__
    parameters = inspect.signature(loss.forward)
    try:
        parameters.bind(None, None, None)
    except TypeError as error:
        raise ConfigError(
            f'{what}: {kind} is called with {parameters}, and a loss of a task with (prediction, target, valid); use '
            f'{task.default_loss["type"]}'
        ) from error
    # The losses of MMSegmentation and MMDetection take classes as (B, H, W), and weights of pixels in the third place.
    family = type(loss).__module__.startswith(('mmdet.', 'mmseg.'))
    if family and task.channels != task.target_channels and 'weight' in parameters.parameters:
        raise ConfigError(
            f'{what}: {kind} takes (prediction, target, weight), a target of another shape than the task has; use '
            f'{task.default_loss["type"]}'
        )
    if hasattr(loss, 'suits') and not loss.suits(task):
        raise ConfigError(
            f'{what}: {kind} is made for {loss.made_for}; a {type(task).__name__} has {task.channels} channels, its '
            f'target {task.target_channels}. Use {task.default_loss["type"]}'
        )
    return loss
