"""Attention between all positions of two maps."""

import torch.nn.functional as F
from torch import Tensor, nn


class AffinityAttention(nn.Module):
    """softmax(scale * Q K^T) V over all positions (MT-CP, section 3.3), without parameters.

    Goes through :func:`torch.nn.functional.scaled_dot_product_attention`, which never forms the affinity: at 120x160
    positions that would be 1.5 GB an image. Its fused kernels want four dimensions, a contiguous last one, and one
    width for Q, K and V.

    Args:
        scale: Factor of Q K^T; None is 1 / sqrt(C).
        q_stride: Queries are averaged over q_stride x q_stride positions; the result is as much smaller.
        kv_stride: Keys and values are averaged over kv_stride x kv_stride positions.
    """

    def __init__(self, scale: float | None = None, q_stride: int = 1, kv_stride: int = 1) -> None:
        super().__init__()
        self.scale = scale
        self.q_stride = q_stride
        self.kv_stride = kv_stride

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Attends.

        Args:
            query: (B, C, H, W).
            key: (B, C, H', W').
            value: (B, C, H', W').

        Returns:
            (B, C, ceil(H / q_stride), ceil(W / q_stride)).
        """
        query = average(query, self.q_stride)
        key, value = average(key, self.kv_stride), average(value, self.kv_stride)
        out = F.scaled_dot_product_attention(positions(query), positions(key), positions(value), scale=self.scale)
        return out.squeeze(1).transpose(1, 2).unflatten(2, query.shape[-2:])


def average(x: Tensor, stride: int) -> Tensor:
    """Averages a map (B, C, H, W) over stride x stride positions, fewer at the border."""
    return x if stride == 1 else F.avg_pool2d(x, stride, ceil_mode=True)


def positions(x: Tensor) -> Tensor:
    """Lays out a map (B, C, H, W) as (B, 1, H * W, C), contiguous."""
    return x.flatten(2).transpose(1, 2).unsqueeze(1).contiguous()
