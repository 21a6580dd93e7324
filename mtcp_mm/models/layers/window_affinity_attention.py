import torch
from torch import Tensor

from .affinity_attention import AffinityAttention


class WindowAffinityAttention(AffinityAttention):
    """Attention between the positions of a window, softmax(scale * Q K^T) V, without parameters.

    Windows do not overlap. Those at the lower and right border are smaller if the map is not a multiple of their size;
    they need no padding and no mask, which CUDA's flash kernel would refuse.

    Args:
        window_size: Side of the windows in positions, a multiple of both strides. A window at least as large as the map
            gives :class:`AffinityAttention`.
        scale: See :class:`AffinityAttention`.
        q_stride: See :class:`AffinityAttention`.
        kv_stride: See :class:`AffinityAttention`.
    """

    def __init__(self, window_size: int, scale: float | None = None, q_stride: int = 1, kv_stride: int = 1) -> None:
        super().__init__(scale, q_stride, kv_stride)
        self.window_size = window_size

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Applies the attention.

        Args:
            query: (B, C, H, W).
            key: (B, C, H, W).
            value: (B, C, H, W).

        Returns:
            (B, C, ceil(H / q_stride), ceil(W / q_stride)).
        """
        rows = zip(*(split_whole_windows(x, self.window_size, 2) for x in (query, key, value)), strict=True)
        return torch.cat([self.attend_in_rows(*maps) for maps in rows], 2)

    def attend_in_rows(self, *maps: Tensor) -> Tensor:
        """Applies the attention to maps whose windows all have the same height."""
        columns = zip(*(split_whole_windows(x, self.window_size, 3) for x in maps), strict=True)
        return torch.cat([self.attend_in_equal_windows(*maps) for maps in columns], 3)

    def attend_in_equal_windows(self, *maps: Tensor) -> Tensor:
        """Applies the attention to maps whose windows all have the same size."""
        height, width = (min(self.window_size, length) for length in maps[0].shape[-2:])
        counts = maps[0].shape[-2] // height, maps[0].shape[-1] // width
        out = super().forward(*(to_windows(x, height, width) for x in maps))
        return from_windows(out, *counts)


def split_whole_windows(x: Tensor, size: int, dim: int) -> list[Tensor]:
    """Splits a map along a dimension into the part that whole windows cover and the rest; leaves out an empty part."""
    whole = x.shape[dim] // size * size
    return [part for part in x.tensor_split([whole], dim) if part.shape[dim]]


def to_windows(x: Tensor, height: int, width: int) -> Tensor:
    """Splits a map (B, C, rows * height, columns * width) into windows (B * rows * columns, C, height, width)."""
    windows = x.unflatten(3, (-1, width)).unflatten(2, (-1, height))
    # Channels come last in memory, as the fused kernels need them.
    return windows.permute(0, 2, 4, 3, 5, 1).flatten(0, 2).permute(0, 3, 1, 2)


def from_windows(windows: Tensor, rows: int, columns: int) -> Tensor:
    """Joins windows (B * rows * columns, C, height, width) into a map (B, C, rows * height, columns * width)."""
    x = windows.unflatten(0, (-1, rows, columns))
    return x.permute(0, 1, 4, 2, 5, 3).flatten(3, 4).flatten(1, 2).permute(0, 3, 1, 2)
