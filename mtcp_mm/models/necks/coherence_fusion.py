from collections.abc import Sequence

import torch
from mmengine.model import BaseModule, ModuleDict
from mmseg.registry import MODELS

from mtcp_mm.models.layers import CoherenceFusionModule
from mtcp_mm.models.losses.names import neck_loss
from mtcp_mm.structures import TaskFeatures
from mtcp_mm.tasks import build_tasks
from mtcp_mm.tasks.settings import check_number
from mtcp_mm.utils import ConfigError


@MODELS.register_module()
class CoherenceFusion(BaseModule):
    """A Coherence Fusion Module for each task (CFM; MT-CP, section 3.3).

    In training it adds ``loss_coherence``, the mean of the modules' losses over the tasks, multiplied by
    ``loss_weight``. This product is logged.

    Args:
        tasks: The task list, of two tasks or more.
        channels: Channels of the features.
        scale: Factor of the affinity before the softmax; 1 / sqrt(channels) by default, 1.0 in the released code.
        residual: Whether to add each task's own features to the result; see :class:`CoherenceFusionModule`.
        drop_path_rate: See :class:`CoherenceFusionModule`.
        q_stride: Queries are averaged over q_stride x q_stride positions.
        kv_stride: Keys and values are averaged over kv_stride x kv_stride positions.
        merge: Which positions a position attends to: ``global`` for all, as in the paper; ``window`` for those in its
            window; ``linear`` for all, at a cost linear in their number. See :func:`build_affinity_attention`.
        window_size: Side of the windows in positions, with ``window``.
        loss_weight: Weight of the coherence loss. The paper gives none.
        conv_cfg: Config of the convolutions; ``Conv2d`` by default.
        norm_cfg: Config of the normalization; ``BN`` by default.
        init_cfg: Config of the initialization.

    Raises:
        ConfigError: There is only one task, ``loss_weight`` is negative, or ``merge`` is unknown or does not go with
            the scale, strides or window size.
    """

    def __init__(
        self,
        tasks: Sequence[dict],
        channels: int = 256,
        scale: float | None = None,
        residual: bool = False,
        drop_path_rate: float = 0.0,
        q_stride: int = 1,
        kv_stride: int = 1,
        merge: str = 'global',
        window_size: int = 16,
        loss_weight: float = 0.1,
        conv_cfg: dict | None = None,
        norm_cfg: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        check_number('loss_weight of CoherenceFusion', loss_weight, least=0)
        self.loss_weight = loss_weight
        names = list(build_tasks(tasks))
        if len(names) < 2:
            raise ConfigError(
                f'CoherenceFusion fuses tasks with each other, but there is only "{names[0]}"; '
                'add a task, or remove CoherenceFusion from the necks'
            )
        self.fusions = ModuleDict(
            {
                name: CoherenceFusionModule(
                    channels,
                    len(names) - 1,
                    scale,
                    residual,
                    drop_path_rate,
                    q_stride,
                    kv_stride,
                    merge,
                    window_size,
                    conv_cfg,
                    norm_cfg,
                )
                for name in names
            }
        )

    def forward(self, features: TaskFeatures) -> TaskFeatures:
        """Fuses the features of the other tasks into each task's features (B, C, h, w)."""
        fused, losses = {}, []
        for name, fusion in self.fusions.items():
            others = [features.features[other] for other in self.fusions if other != name]
            fused[name], loss = fusion(features.features[name], others)
            losses.append(loss)
        if not self.training:
            return features.updated(features=fused)
        coherence = self.loss_weight * torch.stack(losses).mean()
        return features.updated(features=fused, losses={neck_loss('coherence'): coherence})
