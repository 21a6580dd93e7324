"""Bilinear resizing of maps."""

from collections.abc import Callable, Sequence

import numpy as np
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


def resize_by_products(x: Tensor, size: Sequence[int], align_corners: bool = False) -> Tensor:
    """Resizes like :func:`resize_to`, by a product with a constant matrix for each side.

    It is for exported networks: the engines that run them compute products faster than they resize.
    """
    for dim, length in ((-1, size[1]), (-2, size[0])):
        if x.shape[dim] != length:
            matrix = resizing_matrix(x.shape[dim], length, align_corners).to(x)
            x = x @ matrix.T if dim == -1 else matrix @ x
    return x


def resizing_matrix(old: int, new: int, align_corners: bool = False) -> Tensor:
    """Returns the matrix (new, old) that resizes a line of ``old`` values linearly to ``new`` values."""
    lines = np.arange(new)
    upper, lower, weight = find_neighbours(lines, old, new, align_corners)
    matrix = np.zeros((new, old), np.float32)
    matrix[lines, upper] = 1 - weight
    matrix[lines, lower] += weight
    return torch.tensor(matrix.tolist())  # a constant in torch.export


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
    upper, lower, weight = find_neighbours(np.arange(start, stop), x.shape[1], height, align_corners)
    weight = torch.from_numpy(weight)[:, None].to(x)
    return x[:, upper].lerp(x[:, lower], weight)


def find_neighbours(
    lines: np.ndarray, old: int, new: int, align_corners: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Finds the lines of the old map between which lines of the new one lie.

    Args:
        lines: Indices of lines of the new map.
        old: Number of lines of the old map.
        new: Number of lines of the new map.
        align_corners: See :func:`resize_to`.

    Returns:
        The indices of the upper and lower neighbours, and the weights of the lower ones in float32.
    """
    position = lines * (old - 1) / max(new - 1, 1) if align_corners else (lines + 0.5) * old / new - 0.5
    position = position.clip(min=0)
    upper = position.astype(np.int64)
    return upper, (upper + 1).clip(max=old - 1), (position - upper).astype(np.float32)
