from mmcv.cnn import build_conv_layer
from torch import nn

from mtcp_mm.tasks import Task


def build_predictor(in_channels: int, task: Task, conv_cfg: dict | None = None) -> nn.Module:
    """Builds the 1x1 convolution that turns features into a task's logits; its bias starts at the task's initial value.

    Args:
        in_channels: Channels of the features.
        task: The task.
        conv_cfg: Config of the convolution; ``Conv2d`` by default.
    """
    conv = build_conv_layer(conv_cfg, in_channels, task.channels, 1, bias=True)
    nn.init.constant_(conv.bias, task.initial_bias)
    return conv
