from collections.abc import Sequence

import torch
from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor

from mtcp_mm.structures import TaskFeatures
from mtcp_mm.tasks import build_tasks


@MODELS.register_module()
class ExportedHead(BaseModule):
    """Passes on the logits of an :class:`ExportedBackbone`.

    Args:
        tasks: The task list.
        align_corners: How logits are resized to the size of the original image, see :func:`resize_to`.
        init_cfg: Has no effect.
    """

    threshold = 0.5

    def __init__(self, tasks: Sequence[dict], align_corners: bool = False, init_cfg: dict | None = None) -> None:
        super().__init__(init_cfg)
        self.align_corners = align_corners
        self.out_channels = self.num_classes = sum(task.channels for task in build_tasks(tasks).values())

    def forward(self, inputs: TaskFeatures) -> dict[str, Tensor]:
        """Returns the logits (B, channels, H, W) by task."""
        return dict(inputs.features)

    def predict(self, inputs: TaskFeatures, batch_img_metas: Sequence[dict], test_cfg: dict | None = None) -> Tensor:
        """Returns the logits of the tasks one after the other, (B, out_channels, H, W)."""
        return torch.cat(list(inputs.features.values()), 1)
