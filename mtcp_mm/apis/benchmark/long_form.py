"""The long form of a network: the same results as its formulas say, without any shortcut.

All attention forms its matrices, whatever kernel torch would choose. Mask2Former's backbone forms the masks of all
queries after every layer. Nothing is computed again to save memory, and parts of the libraries are the stock ones.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager

import torch
import torch.nn.functional as F
from mmcv.ops.multi_scale_deform_attn import MultiScaleDeformableAttention
from mmdet.models.backbones.swin import ShiftWindowMSA, WindowMSA
from mmdet.models.layers import MSDeformAttnPixelDecoder, PatchMerging
from torch import Tensor, nn

from mtcp_mm.models import Mask2FormerBackbone
from mtcp_mm.models.layers import CBAM, CoherenceFusionModule, TraceablePixelDecoder, resize_to
from mtcp_mm.models.layers.spatial_refinement_module import SpatialRefinementStage
from mtcp_mm.models.layers.traceable_pixel_decoder import TraceableDeformableAttention
from mtcp_mm.models.layers.traceable_swin import TraceablePatchMerging, TraceableShiftWindowMSA, TraceableWindowMSA

from .forms import Form


class LongBackbone(Mask2FormerBackbone):
    """Mask2Former's backbone with all masks formed at the size of the pixel embeddings."""

    def forward(self, images: Tensor) -> tuple[Tensor]:
        """Computes the shared map of images (B, 3, H, W)."""
        pixels, levels = self.pixel_decoder(self._encode(images))
        masks = self.sum_masks(pixels, levels[: self.num_levels])
        return (self.shared_norm(self.mask_norm(masks) * pixels.float()),)

    def sum_masks(self, pixels: Tensor, levels: Sequence[Tensor]) -> Tensor:
        """Runs the transformer decoder.

        Args:
            pixels: Pixel embeddings (B, C, h, w).
            levels: Maps (B, feat_channels, h_l, w_l), coarse to fine.

        Returns:
            The sum of the masks over the queries and over ``mask_layers``, (B, 1, h, w), float32.
        """
        queries = self.query_feat.weight.expand(len(pixels), -1, -1)
        query_pos = self.query_embed.weight.expand(len(pixels), -1, -1)
        masks, sums = self.form_masks(queries, pixels), []
        for i, layer in enumerate(self.transformer_decoder.layers):
            level = levels[i % self.num_levels]
            keys = self._keys(i % self.num_levels, level)
            queries = layer(
                query=queries,
                key=keys,
                value=keys,
                query_pos=query_pos,
                key_pos=self._positions(level),
                cross_attn_mask=self.outside(masks, level.shape[-2:]),
            )
            masks = self.form_masks(queries, pixels)
            sums.append(masks.float().sum(1, keepdim=True))
        return sum(sums) if self.mask_layers == 'all' else sums[-1]

    def form_masks(self, queries: Tensor, pixels: Tensor) -> Tensor:
        """Returns the mask logits of each query, (B, queries, h, w)."""
        return torch.einsum('bqc,bchw->bqhw', self._mask_embeddings(queries), pixels)

    @torch.no_grad()
    def outside(self, masks: Tensor, size: Sequence[int]) -> Tensor:
        """Returns the positions that queries must not attend to, bool (B * heads, queries, positions)."""
        outside = resize_to(masks, size).flatten(2) < 0
        outside = outside & ~outside.all(-1, keepdim=True)
        return outside.repeat_interleave(self.num_heads, 0)


class LongCBAM(CBAM):
    """CBAM as published."""

    def forward(self, x: Tensor) -> Tensor:
        """Weights the channels and positions of a map (B, C, H, W)."""
        pooled = x.mean((2, 3), keepdim=True), F.adaptive_max_pool2d(x, 1)
        x = x * sum(map(self.channel_mlp, pooled)).sigmoid()
        summary = torch.cat([x.mean(1, keepdim=True), x.max(1, keepdim=True).values], 1)
        return x * self.spatial_conv(summary).sigmoid()


class LongFusion(CoherenceFusionModule):
    """A Coherence Fusion Module as in its formula."""

    def forward(self, own: Tensor, others: Sequence[Tensor]) -> tuple[Tensor, Tensor | None]:
        """Fuses features (B, C, h, w) of the other tasks into the task's own."""
        joint = self.project(gate_and_concat(self.gates, others))
        query, key, value = self.query(joint), self.key(joint), self.value(own)
        loss = (1 - F.cosine_similarity(value.float(), query.float(), dim=1)).mean() if self.training else None
        fused = self.norm(self.cbam(resize_to(self.attention(query, key, value), own.shape[-2:])))
        return (own + self.drop_path(fused) if self.residual else fused), loss


class LongStage(SpatialRefinementStage):
    """A Spatial Refinement Module as in the paper."""

    def forward(self, previous: Tensor, stage: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Refines features (B, C, h', w') with the decoder's map (B, C', h, w)."""
        joint = torch.cat([resize_to(self.traced_cbam(previous), stage.shape[-2:]), self.stage_cbam(stage)], 1)
        return tuple(None if part is None else part(joint) for part in (self.prediction, self.handed_on))


LONG_TYPES = {
    CBAM: LongCBAM,
    CoherenceFusionModule: LongFusion,
    Mask2FormerBackbone: LongBackbone,
    SpatialRefinementStage: LongStage,
    TraceableDeformableAttention: MultiScaleDeformableAttention,
    TraceablePatchMerging: PatchMerging,
    TraceablePixelDecoder: MSDeformAttnPixelDecoder,
    TraceableShiftWindowMSA: ShiftWindowMSA,
    TraceableWindowMSA: WindowMSA,
}
"""Types of modules, and those that compute the same from the same weights."""


def gate_and_concat(gates: nn.ModuleList, others: Sequence[Tensor]) -> Tensor:
    """Weights features (B, C, h, w) of several tasks by their gates, and concatenates them."""
    return torch.cat([gate(other).sigmoid() * other for gate, other in zip(gates, others, strict=True)], 1)


def write_out(network: nn.Module) -> None:
    """Changes a network to its long form."""
    for module in network.modules():
        module.__class__ = LONG_TYPES.get(type(module), type(module))
        vars(module).pop('forward', None)  # activation checkpointing sets it


def unfused_attention() -> AbstractContextManager:
    """Within this context, attention forms its matrices."""
    from torch.nn.attention import SDPBackend, sdpa_kernel  # since torch 2.3; only --against needs it

    return sdpa_kernel(SDPBackend.MATH)


LONG = Form('long', write_out, unfused_attention)
