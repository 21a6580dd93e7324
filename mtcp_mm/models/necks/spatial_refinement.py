from collections.abc import Sequence

from mmengine.model import BaseModule, ModuleDict
from mmseg.registry import MODELS
from torch import nn

from mtcp_mm.models.layers import SpatialRefinementModule, build_predictor
from mtcp_mm.structures import TaskFeatures
from mtcp_mm.tasks import build_tasks


@MODELS.register_module()
class SpatialRefinement(BaseModule):
    """Spatial Refinement Modules for each task (SRM; MT-CP, section 3.4).

    Each task's fused map is traced back through its own pyramid, coarse to fine. The maps before the last become
    intermediate predictions, in training only; the last is the task's new fused map.

    Args:
        tasks: The task list.
        channels: Channels of the fused maps.
        pyramid_channels: Channels of the pyramids, fine to coarse.
        residual: See :class:`SpatialRefinementModule`.
        drop_path_rate: See :class:`SpatialRefinementModule`.
        intermediate: Whether intermediate predictions are made; without, where nothing scores them, as a stock head.
        conv_cfg: Config of the convolutions; ``Conv2d`` by default.
        norm_cfg: Normalization.
        init_cfg: Initialization.
    """

    def __init__(
        self,
        tasks: Sequence[dict],
        channels: int = 256,
        pyramid_channels: Sequence[int] = (256, 512, 1024),
        residual: bool = False,
        drop_path_rate: float = 0.0,
        intermediate: bool = True,
        conv_cfg: dict | None = None,
        norm_cfg: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        built = build_tasks(tasks)
        stages = len(pyramid_channels) - 1 if intermediate else 0
        self.refinements = ModuleDict(
            {
                name: SpatialRefinementModule(
                    channels, pyramid_channels, residual, drop_path_rate, intermediate, conv_cfg, norm_cfg
                )
                for name in built
            }
        )
        self.predictors = ModuleDict(
            {
                name: nn.ModuleList(build_predictor(channels, task, conv_cfg) for _ in range(stages))
                for name, task in built.items()
            }
        )

    def forward(self, features: TaskFeatures) -> TaskFeatures:
        """Replaces each task's fused map by a refined one, and makes intermediate predictions in training."""
        fused, predictions = {}, {}
        for name, refinement in self.refinements.items():
            *intermediate, fused[name] = refinement(features.features[name], features.pyramids[name])
            if self.training:
                predictors = self.predictors[name]
                predictions[name] = tuple(p(x) for p, x in zip(predictors, intermediate, strict=True))
        return features.updated(features=fused, predictions=predictions)
