from torch import Tensor

from .affinity_attention import AffinityAttention


class LinearAffinityAttention(AffinityAttention):
    """Attention whose cost grows linearly with the positions, softmax_c(Q) (softmax_n(K)^T V), without parameters.

    This is the efficient attention of Shen et al. (`WACV 2021 <https://arxiv.org/abs/1812.01243>`_, with the softmax as
    its normalization). The softmax over the channels of a query and that over the positions of a key replace the
    softmax over the affinity, so K^T V comes first, with C x C values. The weights of a position still are positive
    and have a sum of one.

    Args:
        q_stride: See :class:`AffinityAttention`.
        kv_stride: See :class:`AffinityAttention`.
    """

    def __init__(self, q_stride: int = 1, kv_stride: int = 1) -> None:
        super().__init__(None, q_stride, kv_stride)

    def attend(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Applies the attention to sequences: queries (B, 1, N, C), keys and values (B, 1, M, C), to (B, 1, N, C)."""
        return query.softmax(-1) @ (key.softmax(-2).transpose(-2, -1) @ value)
