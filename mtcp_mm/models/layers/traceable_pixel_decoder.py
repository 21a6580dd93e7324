"""mmdet's deformable pixel decoder with shapes as Python integers: same weights, same results.

The stock one keeps shapes in tensors and reads them back. Each level then waits for the GPU, torch.compile breaks the
graph, and torch.export fails.
"""

from collections.abc import Sequence

import torch
from mmcv.ops.multi_scale_deform_attn import MultiScaleDeformableAttention, multi_scale_deformable_attn_pytorch
from mmdet.models.layers import MSDeformAttnPixelDecoder
from mmengine.config import ConfigDict
from mmseg.registry import MODELS
from torch import Tensor

from mtcp_mm.models.recomputation import recompute

from .resize import resize_to

Size = tuple[int, int]


class TraceableDeformableAttention(MultiScaleDeformableAttention):
    """Multi-scale deformable attention with the sizes of the levels as integers, so that torch.export can follow it.

    It is computed in PyTorch, with the batch first (Zhu et al., *Deformable DETR*, ICLR 2021).
    """

    def forward(
        self,
        query: Tensor,
        value: Tensor,
        query_pos: Tensor,
        reference_points: Tensor,
        spatial_shapes: Sequence[Size],
        **kwargs,
    ) -> Tensor:
        """Applies the attention.

        Args:
            query: (B, N, C).
            value: (B, N, C), the levels one after the other.
            query_pos: (1 or B, N, C), added to the query.
            reference_points: (1, N, levels, 2), x and y in [0, 1].
            spatial_shapes: (h, w) of each level.
            **kwargs: Further arguments that the stock encoder layer passes; unused.

        Returns:
            (B, N, C), with the query added.
        """
        batch, count, _ = query.shape
        heads = (batch, count, self.num_heads)
        located = query + query_pos
        offsets = self.sampling_offsets(located).view(*heads, self.num_levels, self.num_points, 2)
        weights = self.attention_weights(located).view(*heads, -1).softmax(-1)
        sizes = offsets.new_tensor([(width, height) for height, width in spatial_shapes])
        locations = reference_points[:, :, None, :, None] + offsets / sizes[:, None]
        # The sampled values take twelve times the memory of the values, and are sampled again in little time.
        out = recompute(
            multi_scale_deformable_attn_pytorch,
            self.value_proj(value).view(*heads, -1),
            spatial_shapes,
            locations.to(value.dtype),
            weights.view(*heads, self.num_levels, self.num_points),
        )
        return self.dropout(self.output_proj(out)) + query


@MODELS.register_module()
class TraceablePixelDecoder(MSDeformAttnPixelDecoder):
    """mmdet's ``MSDeformAttnPixelDecoder`` in a form that torch.compile and torch.export can follow.

    It takes the same arguments, but ``strides`` has no effect: positions follow from the sizes of the maps.

    Args:
        *args: See ``MSDeformAttnPixelDecoder``.
        encoder: Config of the encoder.
        **kwargs: See ``MSDeformAttnPixelDecoder``.
    """

    def __init__(self, *args, encoder: dict, **kwargs) -> None:
        super().__init__(*args, encoder=ConfigDict(encoder), **kwargs)
        for layer in self.encoder.layers:
            layer.self_attn = TraceableDeformableAttention(**layer.self_attn_cfg)

    def forward(self, feats: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Decodes an encoder's maps.

        Args:
            feats: Maps (B, C_i, h_i, w_i), fine to coarse.

        Returns:
            Pixel embeddings (B, out_channels, h_0, w_0), and the maps of ``num_outs`` levels, coarse to fine.
        """
        encoded = list(feats[::-1][: self.num_encoder_levels])
        sizes = [tuple(feat.shape[-2:]) for feat in encoded]
        memory = self.encoder(
            query=torch.cat([tokens(conv(x)) for conv, x in zip(self.input_convs, encoded, strict=True)], 1),
            query_pos=torch.cat([tokens(self._position(i, x)) for i, x in enumerate(encoded)], 1),
            key_padding_mask=None,
            spatial_shapes=sizes,
            level_start_index=None,
            valid_ratios=None,
            reference_points=reference_points(sizes, feats[0].device)[None, :, None].expand(-1, -1, len(sizes), -1),
        )
        levels = memory.transpose(1, 2).split([height * width for height, width in sizes], dim=-1)
        outs = [level.unflatten(2, size) for level, size in zip(levels, sizes, strict=True)]
        finer = feats[: len(feats) - self.num_encoder_levels][::-1]
        for feat, lateral, output in zip(finer, self.lateral_convs, self.output_convs, strict=True):
            current = lateral(feat)
            outs.append(output(current + resize_to(outs[-1], current.shape[-2:])))
        return self.mask_feature(outs[-1]), outs[: self.num_outs]

    def _position(self, level: int, feat: Tensor) -> Tensor:
        """Returns the positional encoding of a level, (1, C, h, w)."""
        no_padding = feat.new_zeros((1, *feat.shape[-2:]), dtype=torch.bool)
        return self.postional_encoding(no_padding) + self.level_encoding.weight[level][:, None, None]


def tokens(x: Tensor) -> Tensor:
    """Turns a map (B, C, h, w) into tokens (B, h * w, C)."""
    return x.flatten(2).transpose(1, 2)


def reference_points(sizes: Sequence[Size], device: torch.device) -> Tensor:
    """Returns the pixel centres (x, y) in [0, 1] of all levels one after the other, (N, 2)."""
    grids = []
    for height, width in sizes:
        y = (torch.arange(height, device=device) + 0.5) / height
        x = (torch.arange(width, device=device) + 0.5) / width
        grids.append(torch.stack(torch.meshgrid(y, x, indexing='ij')[::-1], -1).flatten(0, 1))
    return torch.cat(grids)
