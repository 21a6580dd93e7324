from collections.abc import Sequence

from mmcv.cnn import build_conv_layer
from mmcv.cnn.bricks import DropPath
from mmengine.model import BaseModule, ModuleDict
from mmseg.registry import MODELS
from torch import Tensor, nn

from mtcp_mm.models.layers import DynamicFPNFusion, SwinPyramid, average_pool, pick_map
from mtcp_mm.structures import TaskFeatures
from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils import ConfigError


@MODELS.register_module()
class TaskDecoders(BaseModule):
    """A light hierarchical transformer for each task, on one shared map (MT-CP, section 3.2).

    It reads the backbone's maps, and keeps them for later necks (:attr:`TaskFeatures.encoder`).

    Args:
        tasks: The task list.
        in_channels: Channels of the shared map.
        channels: Channels of the pyramid, fine to coarse. If the finest stage does not have ``in_channels``, a 1x1
            convolution precedes it.
        out_channels: Channels of the features.
        in_index: Index of the shared map among the backbone's maps.
        depths: Number of Swin blocks in each stage.
        num_heads: Number of attention heads in each stage.
        window_size: Side of the attention windows.
        mlp_ratio: Hidden channels of the MLPs, relative to the channels of the stage.
        stride: The decoders read the shared map averaged over stride x stride positions. Their pyramid and features are
            smaller by this factor; :class:`SharedMapResidual` brings the shared map itself back.
        residual: Whether to add the shared map, averaged likewise, to the features. They then start as the shared map,
            so that the head reads pretrained features from the first step. The paper has no residual.
        drop_path_rate: Probability of keeping the shared map alone for a sample in training, with ``residual``
            (stochastic depth, to reduce overfitting).
        conv_cfg: Config of the convolutions; ``Conv2d`` by default.
        norm_cfg: Config of the fusion's normalization; ``BN`` by default.
        init_cfg: Config of the initialization.

    Raises:
        ConfigError: With ``residual``, ``in_channels`` and ``out_channels`` differ.
    """

    def __init__(
        self,
        tasks: Sequence[dict],
        in_channels: int = 256,
        channels: Sequence[int] = (256, 512, 1024),
        out_channels: int = 256,
        in_index: int = 0,
        depths: Sequence[int] = (1, 2, 1),
        num_heads: Sequence[int] = (2, 2, 2),
        window_size: int = 7,
        mlp_ratio: float = 4.0,
        stride: int = 1,
        residual: bool = False,
        drop_path_rate: float = 0.0,
        conv_cfg: dict | None = None,
        norm_cfg: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if residual and in_channels != out_channels:
            raise ConfigError(
                f'residual=True of TaskDecoders needs in_channels={in_channels} equal to out_channels={out_channels}'
            )
        self.in_index = in_index
        self.stride = stride
        self.residual = residual
        self.drop_path = DropPath(drop_path_rate)
        self.project = nn.Identity()
        if in_channels != channels[0]:
            self.project = build_conv_layer(conv_cfg, in_channels, channels[0], 1)
        names = list(build_tasks(tasks))
        self.pyramids = ModuleDict(
            {name: SwinPyramid(channels, depths, num_heads, window_size, mlp_ratio) for name in names}
        )
        self.fusions = ModuleDict(
            {name: DynamicFPNFusion(channels, out_channels, conv_cfg, norm_cfg, zero_init=residual) for name in names}
        )

    def forward(self, inputs: Sequence[Tensor] | TaskFeatures) -> TaskFeatures:
        """Makes each task's pyramid and features from one of the backbone's maps.

        Args:
            inputs: The backbone's maps (B, C_i, h_i, w_i), or TaskFeatures that hold them as ``encoder``.

        Raises:
            ConfigError: There is no map ``in_index``.
        """
        start = TaskFeatures.start(inputs)
        shared = average_pool(pick_map(start.encoder, self.in_index, 'TaskDecoders'), self.stride)
        projected = self.project(shared)
        pyramids = {name: pyramid(projected) for name, pyramid in self.pyramids.items()}
        features = {name: fusion(pyramids[name]) for name, fusion in self.fusions.items()}
        if self.residual:
            features = {name: shared + self.drop_path(value) for name, value in features.items()}
        return start.updated(features=features, pyramids=pyramids)
