"""The last layer of a task."""

from torch import nn

from mtcp_mm.tasks import Task


def build_predictor(in_channels: int, task: Task) -> nn.Conv2d:
    """Returns a 1x1 convolution to a task's raw map, its bias at the task's initial value."""
    conv = nn.Conv2d(in_channels, task.channels, 1)
    nn.init.constant_(conv.bias, task.initial_bias)
    return conv
