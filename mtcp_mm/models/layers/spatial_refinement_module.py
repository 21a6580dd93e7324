from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmcv.cnn.bricks import DropPath
from torch import Tensor, nn

from .cbam import CBAM
from .resize import resize_to


class SpatialRefinementStage(nn.Module):
    """One Spatial Refinement Module (SRM; MT-CP, section 3.4).

    Args:
        in_channels: Channels of the features from the stage before.
        stage_channels: Channels of the decoder's map at this stage.
        out_channels: Channels of the prediction features; None for no prediction features.
        last: Whether no stage follows.
        conv_cfg: Config of the convolutions; None is ``Conv2d``.
        norm_cfg: Config of the normalization.
        act_cfg: Config of the activation of the prediction features; None for none.
    """

    def __init__(
        self,
        in_channels: int,
        stage_channels: int,
        out_channels: int | None,
        last: bool,
        conv_cfg: dict | None,
        norm_cfg: dict,
        act_cfg: dict | None,
    ) -> None:
        super().__init__()
        self.traced_cbam = CBAM(in_channels, conv_cfg=conv_cfg)
        self.stage_cbam = CBAM(stage_channels, conv_cfg=conv_cfg)
        width = in_channels + stage_channels
        cfg = dict(conv_cfg=conv_cfg, norm_cfg=norm_cfg)
        self.prediction = None if out_channels is None else ConvModule(width, out_channels, 1, act_cfg=act_cfg, **cfg)
        self.handed_on = None if last else ConvModule(width, stage_channels, 1, **cfg)

    def forward(self, previous: Tensor, stage: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Refines features with the decoder's map at this stage.

        Args:
            previous: Features (B, in_channels, h', w') from the stage before.
            stage: The decoder's map (B, stage_channels, h, w).

        Returns:
            The prediction features (B, out_channels, h, w) and those for the next stage (B, stage_channels, h, w).
            Either is None if the stage does not compute it. In evaluation, only the last stage predicts.
        """
        previous, stage = self.traced_cbam(previous), self.stage_cbam(stage)
        if previous.shape[-1] > stage.shape[-1]:
            previous = resize_to(previous, stage.shape[-2:])
        parts = (self.prediction if self.training or self.handed_on is None else None, self.handed_on)
        return tuple(None if part is None else convolve_pair(part, previous, stage) for part in parts)


def convolve_pair(module: ConvModule, coarse: Tensor, fine: Tensor) -> Tensor:
    """Resizes one map to the size of another, concatenates both and applies a 1x1 convolution, norm and activation.

    The convolution of a single pixel commutes with resizing. So each map is convolved at its own size, and the
    concatenation is never formed.

    Args:
        module: The convolution of C + C' channels.
        coarse: (B, C, h', w').
        fine: (B, C', h, w).

    Returns:
        (B, out_channels, h, w).
    """
    conv = module.conv
    if type(conv) is not nn.Conv2d:  # It may not be linear.
        return module(torch.cat([resize_to(coarse, fine.shape[-2:]), fine], 1))
    weights = conv.weight.split([coarse.shape[1], fine.shape[1]], 1)
    x = resize_to(F.conv2d(coarse, weights[0]), fine.shape[-2:]) + F.conv2d(fine, weights[1], conv.bias)
    x = module.norm(x) if module.with_norm else x
    return module.activate(x) if module.with_activation else x


class SpatialRefinementModule(nn.Module):
    """Refines the features of one task with the pyramid of its decoder, coarse to fine (MT-CP, section 3.4).

    Args:
        channels: Channels C of the task's features and of the prediction features.
        pyramid_channels: Channels of the pyramid, fine to coarse.
        residual: Whether the task's features are added to the last prediction features. Those then have no ReLU, and
            the weight of their BN starts at zero, so that the module starts as the identity. The paper has no residual.
        drop_path_rate: Probability of keeping the task's features alone for a sample in training, with ``residual``
            (stochastic depth).
        intermediate: Whether stages before the last compute prediction features too, in training.
        conv_cfg: Config of the convolutions; ``Conv2d`` by default.
        norm_cfg: Config of the normalization; ``BN`` by default.
    """

    def __init__(
        self,
        channels: int,
        pyramid_channels: Sequence[int],
        residual: bool = False,
        drop_path_rate: float = 0.0,
        intermediate: bool = True,
        conv_cfg: dict | None = None,
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
                SpatialRefinementStage(
                    previous, width, out_channels, last, conv_cfg, norm_cfg or dict(type='BN'), act_cfg
                )
            )
        if residual:
            nn.init.zeros_(self.stages[-1].prediction.norm.weight)

    def forward(self, features: Tensor, pyramid: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Refines the features of the task.

        Args:
            features: The task's features (B, C, h, w).
            pyramid: Maps of the task's decoder (B, C_s, h_s, w_s), fine to coarse.

        Returns:
            The prediction features (B, C, h_s, w_s), coarse to fine, of all stages or of the last alone. The last are
            the task's new features.
        """
        predictions, refined = [], features
        for stage, level in zip(self.stages, pyramid[::-1], strict=True):
            prediction, refined = stage(refined, level)
            if prediction is not None:
                predictions.append(prediction)
        if self.residual:
            predictions[-1] = features + self.drop_path(predictions[-1])
        return tuple(predictions)
