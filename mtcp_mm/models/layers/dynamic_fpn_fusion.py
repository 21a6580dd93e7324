from collections.abc import Sequence

import torch
from mmcv.cnn import ConvModule, build_conv_layer
from torch import Tensor, nn

from .resize import resize_to


class DynamicFPNFusion(nn.Module):
    """Merges a pyramid into its finest level, top-down with learned weights (dynamic FPN; MT-CP, section 3.2).

    Each level goes through a lateral 1x1 convolution. From the coarsest level on, the merged map is enlarged, added to
    the next level and smoothed by a 3x3 convolution. The two terms of each sum are weighted by the softmax of two
    learned scalars.

    Args:
        in_channels: Channels of the levels, fine to coarse.
        out_channels: Channels of the result.
        conv_cfg: Config of the convolutions; ``Conv2d`` by default.
        norm_cfg: Config of the normalization after the 3x3 convolutions; ``BN`` by default.
        zero_init: Whether the result starts at zero, for use in a residual: the last 3x3 convolution then has no ReLU,
            and the weight of its normalization starts at zero.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        out_channels: int,
        conv_cfg: dict | None = None,
        norm_cfg: dict | None = None,
        zero_init: bool = False,
    ) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(build_conv_layer(conv_cfg, width, out_channels, 1) for width in in_channels)
        merges = len(in_channels) - 1
        self.level_logits = nn.Parameter(torch.zeros(merges, 2))
        self.smooths = nn.ModuleList()
        for i in range(merges):
            act_cfg = None if zero_init and i == merges - 1 else dict(type='ReLU')
            self.smooths.append(
                ConvModule(
                    out_channels,
                    out_channels,
                    3,
                    padding=1,
                    conv_cfg=conv_cfg,
                    norm_cfg=norm_cfg or dict(type='BN'),
                    act_cfg=act_cfg,
                )
            )
        if zero_init:
            nn.init.zeros_(self.smooths[-1].norm.weight)

    def forward(self, pyramid: Sequence[Tensor]) -> Tensor:
        """Merges maps (B, C_s, h_s, w_s), fine to coarse, into (B, out_channels, h_0, w_0)."""
        levels = [lateral(level) for lateral, level in zip(self.laterals, pyramid, strict=True)]
        merged = levels.pop()
        for weights, smooth in zip(self.level_logits.softmax(1), self.smooths, strict=True):
            finer = levels.pop()
            merged = smooth(weights[0] * finer + weights[1] * resize_to(merged, finer.shape[-2:]))
        return merged
