"""Building a task's loss."""

import inspect

from mmseg.registry import MODELS
from torch import nn

from mtcp_mm.tasks import Task
from mtcp_mm.tasks.builder import build_part
from mtcp_mm.utils import ConfigError


def build_loss(task: Task) -> nn.Module:
    """Builds the loss of a task, and checks that it can score the task.

    A loss may define ``suits(task)``, which returns whether it can score a task, and ``made_for``, which describes such
    tasks for the message.

    Raises:
        ConfigError: The config is invalid, or the loss is made for other maps.
    """
    label = f'loss of task "{task.name}"'
    loss = build_part(MODELS, task.loss, label)
    kind = type(loss).__name__
    parameters = inspect.signature(loss.forward)
    try:
        parameters.bind(None, None, None)
    except TypeError as error:
        raise ConfigError(
            f'{label}: {kind} takes {parameters}, but losses of tasks are called with (prediction, target, valid); use '
            f'{task.default_loss["type"]}'
        ) from error
    # Losses of MMSegmentation and MMDetection take class indices (B, H, W), and pixel weights as their third argument.
    is_stock = type(loss).__module__.startswith(('mmdet.', 'mmseg.'))
    if is_stock and task.channels != task.target_channels and 'weight' in parameters.parameters:
        raise ConfigError(
            f'{label}: {kind} takes (prediction, target, weight), and targets of another shape than those of the task; '
            f'use {task.default_loss["type"]}'
        )
    if hasattr(loss, 'suits') and not loss.suits(task):
        raise ConfigError(
            f'{label}: {kind} is made for {loss.made_for}; a {type(task).__name__} has {task.channels} channels, and '
            f'its target has {task.target_channels}. Use {task.default_loss["type"]}'
        )
    return loss
