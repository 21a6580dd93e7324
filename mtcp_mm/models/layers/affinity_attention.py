import torch.nn.functional as F
from torch import Tensor, nn


class AffinityAttention(nn.Module):
    """Attention between all positions of two maps, softmax(scale * Q K^T) V, without parameters (MT-CP, section 3.3).

    :func:`torch.nn.functional.scaled_dot_product_attention` computes it without forming the affinity matrix, which
    takes 1.5 GB per image at 120x160 positions. Its fused kernels need four dimensions, a contiguous last dimension and
    the same number of channels in Q, K and V.

    Args:
        scale: Factor of Q K^T; 1 / sqrt(C) by default.
        q_stride: Queries are averaged over q_stride x q_stride positions, and the result is smaller by this factor.
        kv_stride: Keys and values are averaged over kv_stride x kv_stride positions.
    """

    def __init__(self, scale: float | None = None, q_stride: int = 1, kv_stride: int = 1) -> None:
        super().__init__()
        self.scale = scale
        self.q_stride = q_stride
        self.kv_stride = kv_stride

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Applies the attention.

        Args:
            query: (B, C, H, W).
            key: (B, C, H', W').
            value: (B, C, H', W').

        Returns:
            (B, C, ceil(H / q_stride), ceil(W / q_stride)).
        """
        query = average_pool(query, self.q_stride)
        key, value = average_pool(key, self.kv_stride), average_pool(value, self.kv_stride)
        out = self.attend(to_sequence(query), to_sequence(key), to_sequence(value))
        return out.squeeze(1).transpose(1, 2).unflatten(2, query.shape[-2:])

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Applies the attention to sequences: queries (B, 1, N, C), keys and values (B, 1, M, C), to (B, 1, N, C)."""
        return F.scaled_dot_product_attention(query, key, value, scale=self.scale)


def average_pool(x: Tensor, stride: int) -> Tensor:
    """Averages blocks of stride x stride positions of a map (B, C, H, W); blocks at the border may be smaller."""
    return x if stride == 1 else F.avg_pool2d(x, stride, ceil_mode=True)


def to_sequence(x: Tensor) -> Tensor:
    """Turns a map (B, C, H, W) into a contiguous sequence of positions (B, 1, H * W, C)."""
    return x.flatten(2).transpose(1, 2).unsqueeze(1).contiguous()
