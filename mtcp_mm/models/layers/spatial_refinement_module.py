"""The Spatial Refinement Modules of one task."""

from collections.abc import Sequence

import torch
from mmcv.cnn import ConvModule
from mmcv.cnn.bricks import DropPath
from torch import Tensor, nn

from .cbam import CBAM
from .resize import resize_to


class SpatialRefinementStage(nn.Module):
    """One Spatial Refinement Module (SRM; MT-CP, section 3.4).

    Args:
        in_channels: Channels of what is traced back.
        stage_channels: Channels of the decoder stage's map.
        out_channels: Channels of the prediction map; None for no such map.
        last: Whether nothing is handed on.
        norm_cfg: Normalization.
        act_cfg: Activation of the prediction map.
    """

    def __init__(
        self,
        in_channels: int,
        stage_channels: int,
        out_channels: int | None,
        last: bool,
        norm_cfg: dict,
        act_cfg: dict | None,
    ) -> None:
        super().__init__()
        self.traced_cbam = CBAM(in_channels)
        self.stage_cbam = CBAM(stage_channels)
        width = in_channels + stage_channels
        self.prediction = None
        if out_channels is not None:
            self.prediction = ConvModule(width, out_channels, 1, norm_cfg=norm_cfg, act_cfg=act_cfg)
        self.handed_on = None if last else ConvModule(width, stage_channels, 1, norm_cfg=norm_cfg)

    def forward(self, traced: Tensor, stage: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Returns the prediction map, and what the next stage traces back, both of the stage's size, where wanted."""
        traced = resize_to(self.traced_cbam(traced), stage.shape[-2:])
        joint = torch.cat([traced, self.stage_cbam(stage)], 1)
        return tuple(None if part is None else part(joint) for part in (self.prediction, self.handed_on))


class SpatialRefinementModule(nn.Module):
    """Traces a task's map back through its decoder's pyramid, coarse to fine.

    Args:
        channels: Channels C of the task's map and of the prediction maps.
        pyramid_channels: Channels of the pyramid, fine to coarse.
        residual: Whether the task's map is added to the last prediction map, which then has no ReLU, and whose BN's
            weight starts at zero, so that the module starts as the identity. The paper does not.
        drop_path_rate: Share of the samples that go without what a residual adds, in training (stochastic depth).
        intermediate: Whether there are prediction maps before the last.
        norm_cfg: Normalization.
    """

    def __init__(
        self,
        channels: int,
        pyramid_channels: Sequence[int],
        residual: bool = False,
        drop_path_rate: float = 0.0,
        intermediate: bool = True,
        norm_cfg: dict | None = None,
    ) -> None:
        super().__init__()
        self.residual = residual
        self.drop_path = DropPath(drop_path_rate)
        coarse_to_fine = list(pyramid_channels)[::-1]
        self.stages = nn.ModuleList()
        for previous, width in zip([channels, *coarse_to_fine], coarse_to_fine, strict=False):
            last = len(self.stages) == len(coarse_to_fine) - 1
            act_cfg = None if last and residual else dict(type='ReLU')
            out_channels = channels if last or intermediate else None
            self.stages.append(
                SpatialRefinementStage(previous, width, out_channels, last, norm_cfg or dict(type='BN'), act_cfg)
            )
        if residual:
            nn.init.zeros_(self.stages[-1].prediction.norm.weight)

    def forward(self, fused: Tensor, pyramid: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Refines a map (B, C, h, w).

        Args:
            fused: The task's map, as the CFM leaves it.
            pyramid: The task's maps (B, C_s, h_s, w_s), fine to coarse.

        Returns:
            The prediction maps (B, C, h_s, w_s), coarse to fine, all or the last only; the last is the task's new map.
        """
        maps, traced = [], fused
        for stage, level in zip(self.stages, pyramid[::-1], strict=True):
            refined, traced = stage(traced, level)
            if refined is not None:
                maps.append(refined)
        if self.residual:
            maps[-1] = fused + self.drop_path(maps[-1])
        return tuple(maps)
