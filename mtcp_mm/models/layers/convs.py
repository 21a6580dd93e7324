from collections.abc import Sequence

from mmcv.cnn import ConvModule
from torch import nn


def build_convs(
    widths: Sequence[int], kernel_size: int, conv_cfg: dict | None, norm_cfg: dict | None, act_cfg: dict | None
) -> nn.Module:
    """Builds a sequence of convolutions, each with normalization and activation.

    Padding replicates the border. To a depth head, zeros would look like near objects along the border.

    Args:
        widths: Channels of the input and of the output of each convolution; a single width builds the identity.
        kernel_size: Size of the convolutions, odd.
        conv_cfg: Config of the convolutions; None is ``Conv2d``.
        norm_cfg: Config of the normalization; None for no normalization.
        act_cfg: Config of the activation; None for no activation.

    Returns:
        A single ``ConvModule``, or a sequence of several. So the weights of a single one have no index in checkpoints.
    """
    convs = [
        ConvModule(
            before,
            after,
            kernel_size,
            padding=kernel_size // 2,
            padding_mode='replicate',
            conv_cfg=conv_cfg,
            norm_cfg=norm_cfg,
            act_cfg=act_cfg,
        )
        for before, after in zip(widths[:-1], widths[1:], strict=True)
    ]
    return convs[0] if len(convs) == 1 else nn.Sequential(*convs)
