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

    Each task's features are traced back through its own pyramid, coarse to fine. In training, all maps but the last
    give intermediate predictions. The last map becomes the task's new features. An auxiliary task has no head, so its
    last map gives a prediction too.

    Args:
        tasks: The task list.
        channels: Channels of the features.
        pyramid_channels: Channels of the pyramids, fine to coarse.
        residual: See :class:`SpatialRefinementModule`.
        drop_path_rate: See :class:`SpatialRefinementModule`.
        intermediate: Whether to make intermediate predictions. Set to False before a stock head, which scores none.
        conv_cfg: Config of the convolutions; ``Conv2d`` by default.
        norm_cfg: Config of the normalization; ``BN`` by default.
        init_cfg: Config of the initialization.
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
        self.refinements = ModuleDict(
            {
                name: SpatialRefinementModule(
                    channels, pyramid_channels, residual, drop_path_rate, intermediate, conv_cfg, norm_cfg
                )
                for name in built
            }
        )
        stages = len(pyramid_channels) - 1
        self.predictors = ModuleDict(
            {
                name: nn.ModuleList(
                    build_predictor(channels, task, conv_cfg) for _ in range((stages + task.auxiliary) * intermediate)
                )
                for name, task in built.items()
            }
        )

    def forward(self, features: TaskFeatures) -> TaskFeatures:
        """Refines each task's features (B, C, h, w), and in training makes intermediate predictions."""
        refined, predictions = {}, {}
        for name, refinement in self.refinements.items():
            maps = refinement(features.features[name], features.pyramids[name])
            refined[name] = maps[-1]
            if self.training:
                # strict=False: a main task's last map is left to the head.
                predictors = zip(self.predictors[name], maps, strict=False)
                predictions[name] = tuple(predictor(x) for predictor, x in predictors)
        return features.updated(features=refined, predictions=predictions)
