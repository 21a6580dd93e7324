from collections.abc import Sequence

from mmcv.cnn import ConvModule
from torch import nn


def build_convs(
    widths: Sequence[int], kernel_size: int, conv_cfg: dict | None, norm_cfg: dict | None, act_cfg: dict | None
) -> nn.Module:
    """Builds convolutions with norm and activation one after the other, each from one width to the next.

    Padding repeats the border. Zeros would tell a depth head that everything along the border is near.

    Args:
        widths: Channels of the input and of the output of each convolution; a single width builds the identity.
        kernel_size: Size of the convolutions, odd.
        conv_cfg: Config of the convolutions; None is ``Conv2d``.
        norm_cfg: Config of the normalization; None for none.
        act_cfg: Config of the activation; None for none.

    Returns:
        A ``ConvModule``, or a sequence of several. Checkpoints thus name the weights of a single one without a number.
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
