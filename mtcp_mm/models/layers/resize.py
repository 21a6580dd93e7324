"""Bilinear resizing of maps."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

MAX_VALUES = 2**27
"""Values in 512 MiB of float32."""


def resize_to(x: Tensor, size: Sequence[int], align_corners: bool = False) -> Tensor:
    """Resizes a map (B, C, H, W) bilinearly to ``size`` (h, w); returns the map itself if it has that size.

    Args:
        x: The map.
        size: Size of the result.
        align_corners: Whether the centres of the corner pixels stay in place, rather than the corners of the image.
    """
    size = tuple(size)
    return x if tuple(x.shape[-2:]) == size else F.interpolate(x, size, mode='bilinear', align_corners=align_corners)


def resize_concat(maps: Sequence[Tensor], align_corners: bool = False) -> Tensor:
    """Resizes maps (B, C_i, h_i, w_i) to the size of the first and concatenates them, (B, sum of C_i, h_0, w_0)."""
    return torch.cat([resize_to(x, maps[0].shape[-2:], align_corners) for x in maps], 1)


def resize_and_apply(
    x: Tensor,
    size: Sequence[int],
    function: Callable[[Tensor], Tensor],
    align_corners: bool = False,
    max_values: int = MAX_VALUES,
) -> Tensor:
    """Resizes a map (C, H, W) to ``size`` (h, w) and applies a function to it, in bands of rows if it is large.

    Otherwise an image of a hundred million pixels would need the forty class scores of all pixels in memory at once.

    Args:
        x: The map.
        size: Size of the result.
        function: A function of single pixels: (C, rows, w) to (c, rows, w).
        align_corners: See :func:`resize_to`.
        max_values: Number of values of the resized map that may be held in memory at a time.
    """
    height, width = size
    rows = max(1, max_values // (len(x) * width))
    if rows >= height:
        return function(resize_to(x[None], size, align_corners)[0])
    result = None
    for start in range(0, height, rows):
        band = resize_rows(x, height, start, min(start + rows, height), align_corners)
        band = function(resize_to(band[None], (band.shape[1], width), align_corners)[0])
        result = band.new_empty(len(band), height, width) if result is None else result
        result[:, start : start + rows] = band
    return result


def resize_rows(x: Tensor, height: int, start: int, stop: int, align_corners: bool = False) -> Tensor:
    """Resizes a map (C, H, W) to (height, W) and returns rows ``start`` to ``stop`` of the result."""
    rows = torch.arange(start, stop, dtype=torch.float64)  # on the CPU: Apple's GPUs have no float64
    last = x.shape[1] - 1
    position = rows * last / (height - 1) if align_corners else (rows + 0.5) * x.shape[1] / height - 0.5
    position = position.clamp(min=0)
    upper = position.long()
    lower = (upper + 1).clamp(max=last)
    weight = (position - upper)[:, None].to(x)
    return x[:, upper.to(x.device)].lerp(x[:, lower.to(x.device)], weight)
