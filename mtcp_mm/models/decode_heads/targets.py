"""Stacks and resizes the targets of a batch."""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from mmengine.structures import BaseDataElement
from torch import Tensor

from mtcp_mm.tasks import DataError, Task


def collect_targets(
    samples: Sequence[BaseDataElement], tasks: Mapping[str, Task], device: torch.device
) -> dict[str, Tensor]:
    """Stacks the targets of a batch by task, (B, target_channels, H, W). A sample without a target gets void.

    Raises:
        DataError: No sample of the batch has a target of any task.
    """
    present = [getattr(sample, key).data for sample in samples for key in sample.keys() if key.startswith('gt_')]
    if not present:
        raise DataError(f'no sample of the batch has a target of any of the tasks {list(tasks)}')
    size = present[0].shape[-2:]

    def find_target(sample: BaseDataElement, task: Task) -> Tensor:
        key = f'gt_{task.field}'
        target = getattr(sample, key).data if key in sample else task.to_tensor(task.empty(*size))
        return target.to(device)

    return {name: torch.stack([find_target(sample, task) for sample in samples]) for name, task in tasks.items()}


def resize_target(target: Tensor, size: Sequence[int]) -> Tensor:
    """Resizes a target (B, C, H, W) to ``size`` (h, w) by nearest neighbour: void must not mix with valid values."""
    return F.interpolate(target.float(), size, mode='nearest-exact').to(target.dtype)
