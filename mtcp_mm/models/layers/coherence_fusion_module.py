"""The Coherence Fusion Module of one task."""

from collections.abc import Sequence

import torch
from mmcv.cnn import build_norm_layer
from mmcv.cnn.bricks import DropPath
from torch import Tensor, nn

from .affinity_attention import AffinityAttention
from .cbam import CBAM
from .resize import resize_to


class CoherenceFusionModule(nn.Module):
    """Makes one task's map coherent with those of the others (CFM; MT-CP, section 3.3).

    ::

        A    = conv1x1(concat_j sigmoid(conv1x1(F_j)) * F_j)          the others, gated
        Q, K = branches(A);  V = branch(F)                            branch: CBAM -> BN -> ReLU
        loss = mean over positions of 1 - cos(V, Q)
        out  = BN(CBAM(softmax(scale * Q K^T) V))  [+ F]

    Args:
        channels: Channels C of all maps.
        others: Number of other tasks, at least one.
        scale: See :class:`AffinityAttention`.
        residual: Whether the task's own map is added, with the last BN's weight starting at zero, so that the module
            starts as the identity. The paper does not.
        drop_path_rate: Share of the samples that go without what a residual adds, in training (stochastic depth).
        q_stride: See :class:`AffinityAttention`; the result is enlarged to the task's own size again.
        kv_stride: See :class:`AffinityAttention`.
        norm_cfg: Normalization.
    """

    def __init__(
        self,
        channels: int,
        others: int,
        scale: float | None = None,
        residual: bool = False,
        drop_path_rate: float = 0.0,
        q_stride: int = 1,
        kv_stride: int = 1,
        norm_cfg: dict | None = None,
    ) -> None:
        super().__init__()
        norm_cfg = norm_cfg or dict(type='BN')
        self.residual = residual
        self.drop_path = DropPath(drop_path_rate)
        self.gates = nn.ModuleList(nn.Conv2d(channels, channels, 1) for _ in range(others))
        self.project = nn.Conv2d(others * channels, channels, 1)
        self.query, self.key, self.value = (
            nn.Sequential(CBAM(channels), build_norm_layer(norm_cfg, channels)[1], nn.ReLU()) for _ in range(3)
        )
        self.attention = AffinityAttention(scale, q_stride, kv_stride)
        self.cbam = CBAM(channels)
        self.norm = build_norm_layer(norm_cfg, channels)[1]
        if residual:
            nn.init.zeros_(self.norm.weight)

    def forward(self, own: Tensor, others: Sequence[Tensor]) -> tuple[Tensor, Tensor | None]:
        """Fuses.

        Args:
            own: The task's map (B, C, h, w).
            others: The other tasks' maps, of the same shape.

        Returns:
            The fused map (B, C, h, w), and the coherence loss in training, else None.
        """
        gated = [gate(other).sigmoid() * other for gate, other in zip(self.gates, others, strict=True)]
        joint = self.project(torch.cat(gated, 1))
        query, key, value = self.query(joint), self.key(joint), self.value(own)
        loss = (1 - cosine(value.float(), query.float())).mean() if self.training else None
        merged = resize_to(self.attention(query, key, value), own.shape[-2:])
        fused = self.norm(self.cbam(merged))
        return (own + self.drop_path(fused) if self.residual else fused), loss


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """Returns the cosine of two maps' vectors (B, C, h, w) at each position, (B, h, w); 0 beside a zero vector.

    Equal to :func:`torch.nn.functional.cosine_similarity`, which normalises both maps first, for twice the memory.
    """
    return (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1)).clamp(min=1e-8)
