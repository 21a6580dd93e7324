from collections.abc import Sequence

import torch
from mmcv.cnn import build_conv_layer, build_norm_layer
from mmcv.cnn.bricks import DropPath
from torch import Tensor, nn

from mtcp_mm.models.recomputation import recompute

from .cbam import CBAM
from .cosine_similarity import cosine_similarity
from .merge import build_affinity_attention
from .resize import resize_to


class CoherenceFusionModule(nn.Module):
    """Makes the features of one task coherent with those of the others (CFM; MT-CP, section 3.3).

    With the task's features F and those F_j of the other tasks::

        A    = conv1x1(concat_j sigmoid(conv1x1(F_j)) * F_j)          the other tasks, gated
        Q, K = branches(A);  V = branch(F)                            branch: CBAM -> BN -> ReLU
        loss = mean over positions of 1 - cos(V, Q)
        out  = BN(CBAM(softmax(scale * Q K^T) V))  [+ F]

    Args:
        channels: Channels C of all features.
        others: Number of other tasks, at least one.
        scale: See :func:`build_affinity_attention`.
        residual: Whether F is added to the result. The weight of the last BN then starts at zero, so that the module
            starts as the identity. The paper has no residual.
        drop_path_rate: Probability of keeping F alone for a sample in training, with ``residual`` (stochastic depth).
        q_stride: See :func:`build_affinity_attention`; the result is resized to the size of F.
        kv_stride: See :func:`build_affinity_attention`.
        merge: See :func:`build_affinity_attention`; the formula above is that of ``global``.
        window_size: See :func:`build_affinity_attention`.
        conv_cfg: Config of the convolutions; ``Conv2d`` by default.
        norm_cfg: Config of the normalization; ``BN`` by default.
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
        merge: str = 'global',
        window_size: int = 16,
        conv_cfg: dict | None = None,
        norm_cfg: dict | None = None,
    ) -> None:
        super().__init__()
        norm_cfg = norm_cfg or dict(type='BN')
        self.residual = residual
        self.drop_path = DropPath(drop_path_rate)
        self.gates = nn.ModuleList(build_conv_layer(conv_cfg, channels, channels, 1) for _ in range(others))
        self.project = build_conv_layer(conv_cfg, others * channels, channels, 1)
        self.query, self.key, self.value = (
            nn.Sequential(CBAM(channels, conv_cfg=conv_cfg), build_norm_layer(norm_cfg, channels)[1], nn.ReLU(True))
            for _ in range(3)
        )
        self.attention = build_affinity_attention(merge, scale, q_stride, kv_stride, window_size)
        self.cbam = CBAM(channels, conv_cfg=conv_cfg)
        self.norm = build_norm_layer(norm_cfg, channels)[1]
        if residual:
            nn.init.zeros_(self.norm.weight)

    def forward(self, own: Tensor, others: Sequence[Tensor]) -> tuple[Tensor, Tensor | None]:
        """Fuses the features of the other tasks into the task's own.

        Args:
            own: Features of the task (B, C, h, w).
            others: Features of the other tasks, of the same shape.

        Returns:
            The new features (B, C, h, w), and the coherence loss: a scalar in training, otherwise None.
        """
        joint = self.join(others)
        query, key, value = self.query(joint), self.key(joint), self.value(own)
        loss = (1 - cosine_similarity(value, query)).mean() if self.training else None
        attended = resize_to(self.attention(query, key, value), own.shape[-2:])
        fused = self.norm(self.cbam(attended))
        return (own + self.drop_path(fused) if self.residual else fused), loss

    def join(self, others: Sequence[Tensor]) -> Tensor:
        """Gates the features (B, C, h, w) of the other tasks and projects them to one map of this shape."""
        gates = [gate(other).sigmoid() for gate, other in zip(self.gates, others, strict=True)]
        # The gated features are computed again for the backward pass rather than kept.
        return recompute(self.project_gated, gates, others)

    def project_gated(self, gates: Sequence[Tensor], others: Sequence[Tensor]) -> Tensor:
        """Multiplies features (B, C, h, w) by their gates, concatenates and projects them."""
        return self.project(torch.cat([gate * other for gate, other in zip(gates, others, strict=True)], 1))
