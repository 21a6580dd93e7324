"""Bilinear resizing."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor


def resize_to(x: Tensor, size: Sequence[int]) -> Tensor:
    """Resizes a map (B, C, H, W) to ``size`` (h, w) bilinearly, pixel areas aligned; itself if it has that size."""
    size = tuple(size)
    return x if tuple(x.shape[-2:]) == size else F.interpolate(x, size, mode='bilinear', align_corners=False)
