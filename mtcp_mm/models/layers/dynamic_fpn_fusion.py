"""Fusion of a pyramid into its finest level."""

from collections.abc import Sequence

import torch
from mmcv.cnn import ConvModule
from torch import Tensor, nn

from .resize import resize_to


class DynamicFPNFusion(nn.Module):
    """Merges a pyramid top-down with learned level weights (dynamic FPN; MT-CP, section 3.2).

    Each level goes through a lateral 1x1 convolution. From the coarsest on, what has been merged is enlarged, added to
    the next level with weights softmax(a, b), one learned scalar a level and merge, and smoothed by a 3x3 convolution.

    Args:
        in_channels: Channels of the levels, fine to coarse.
        out_channels: Channels of the result.
        norm_cfg: Normalization of the 3x3 convolutions.
        starts_at_zero: Whether the result starts at zero, as a part of a sum does that has to be learned: the last
            convolution then has no ReLU, and the weight of its BN starts at zero.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        out_channels: int,
        norm_cfg: dict | None = None,
        starts_at_zero: bool = False,
    ) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(nn.Conv2d(channels, out_channels, 1) for channels in in_channels)
        merges = len(in_channels) - 1
        self.level_logits = nn.Parameter(torch.zeros(merges, 2))
        self.smooths = nn.ModuleList()
        for i in range(merges):
            act_cfg = None if starts_at_zero and i == merges - 1 else dict(type='ReLU')
            self.smooths.append(
                ConvModule(
                    out_channels, out_channels, 3, padding=1, norm_cfg=norm_cfg or dict(type='BN'), act_cfg=act_cfg
                )
            )
        if starts_at_zero:
            nn.init.zeros_(self.smooths[-1].norm.weight)

    def forward(self, pyramid: Sequence[Tensor]) -> Tensor:
        """Merges maps (B, C_s, h_s, w_s), fine to coarse, into (B, out_channels, h_0, w_0)."""
        levels = [lateral(level) for lateral, level in zip(self.laterals, pyramid, strict=True)]
        merged = levels.pop()
        for weights, smooth in zip(self.level_logits.softmax(1), self.smooths, strict=True):
            finer = levels.pop()
            merged = smooth(weights[0] * finer + weights[1] * resize_to(merged, finer.shape[-2:]))
        return merged
