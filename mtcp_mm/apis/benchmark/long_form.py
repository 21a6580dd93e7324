"""The long form of a network: the same results without shortcuts.

All attention forms its matrices, whatever kernel torch would choose. Mask2Former's backbone forms the masks of all
queries after every layer.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from mtcp_mm.models import Mask2FormerBackbone
from mtcp_mm.models.layers import resize_to

from .forms import Form


class FullMaskBackbone(Mask2FormerBackbone):
    """Mask2Former's backbone with all masks formed at the size of the pixel embeddings; same weights, same results."""

    def forward(self, images: Tensor) -> tuple[Tensor]:
        """Computes the shared map of images (B, 3, H, W); see :meth:`Mask2FormerBackbone.forward`."""
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
        masks, total = self.form_masks(queries, pixels), torch.zeros(())
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
            summed = masks.float().sum(1, keepdim=True)
            total = total.to(summed) + summed if self.mask_layers == 'all' else summed
        return total

    def form_masks(self, queries: Tensor, pixels: Tensor) -> Tensor:
        """Returns the mask logits of each query, (B, queries, h, w)."""
        return torch.einsum('bqc,bchw->bqhw', self._mask_embeddings(queries), pixels)

    @torch.no_grad()
    def outside(self, masks: Tensor, size: Sequence[int]) -> Tensor:
        """Returns the positions that queries must not attend to, bool (B * heads, queries, positions)."""
        outside = resize_to(masks, size).flatten(2) < 0
        outside = outside & ~outside.all(-1, keepdim=True)
        return outside.repeat_interleave(self.num_heads, 0)


def form_all_masks(network: nn.Module) -> None:
    """Has Mask2Former's backbones in a network form all masks."""
    for module in network.modules():
        if type(module) is Mask2FormerBackbone:
            module.__class__ = FullMaskBackbone


def unfused_attention() -> AbstractContextManager:
    """Within this context, attention forms its matrices."""
    return sdpa_kernel(SDPBackend.MATH)


LONG = Form('long', form_all_masks, unfused_attention)
