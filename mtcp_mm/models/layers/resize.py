"""Bilinear resizing."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

MOST_VALUES = 2**27
"""Half a gigabyte in float32."""


def resize_to(x: Tensor, size: Sequence[int]) -> Tensor:
    """Resizes a map (B, C, H, W) to ``size`` (h, w) bilinearly, pixel areas aligned; itself if it has that size."""
    size = tuple(size)
    return x if tuple(x.shape[-2:]) == size else F.interpolate(x, size, mode='bilinear', align_corners=False)


def resize_and_apply(
    x: Tensor, size: Sequence[int], function: Callable[[Tensor], Tensor], most: int = MOST_VALUES
) -> Tensor:
    """Resizes a map (C, H, W) to ``size`` (h, w) and applies a function to it, in bands of rows where it is large.

    So an image of a hundred million pixels does not need forty class scores for each of them at the same time.

    Args:
        x: The map.
        size: Size of the result.
        function: Works on each pixel by itself: (C, rows, w) to (c, rows, w).
        most: Number of values of the resized map that may be there at once.
    """
    height, width = size
    rows = max(1, most // (len(x) * width))
    if rows >= height:
        return function(resize_to(x[None], size)[0])
    result = None
    for start in range(0, height, rows):
        band = resize_rows(x, height, start, min(start + rows, height))
        band = function(resize_to(band[None], (band.shape[1], width))[0])
        result = band.new_empty(len(band), height, width) if result is None else result
        result[:, start : start + rows] = band
    return result


def resize_rows(x: Tensor, height: int, start: int, stop: int) -> Tensor:
    """Returns rows ``start`` to ``stop`` of what a map (C, H, W) is when resized to (height, W)."""
    # on the CPU: Apple's GPUs have no float64
    at = (torch.arange(start, stop, dtype=torch.float64) + 0.5) * x.shape[1] / height - 0.5
    at = at.clamp(0, x.shape[1] - 1)
    upper = at.long()
    lower = (upper + 1).clamp(max=x.shape[1] - 1)
    share = (at - upper)[:, None].to(x)
    return x[:, upper.to(x.device)].lerp(x[:, lower.to(x.device)], share)
