"""Swin stages for torch.compile and torch.export: no shape in them depends on the batch size."""

from collections.abc import Sequence

import torch.nn.functional as F
from mmdet.models.backbones.swin import ShiftWindowMSA, SwinBlock, WindowMSA
from mmdet.models.layers import PatchMerging
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn


class TraceableWindowMSA(WindowMSA):
    """mmdet's window attention without the batch size in any shape: same weights, same results.

    So torch.export can leave the batch size open. A fused kernel computes the attention. Q, K and V are unbound in one
    step: indexed one by one, as in the stock class, each would have a gradient of the size of all three, mostly zeros.
    """

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Applies attention within windows.

        Args:
            x: (B * windows, N, C).
            mask: Added to the attention logits, (windows, N, N).

        Returns:
            (B * windows, N, C).
        """
        count, channels = x.shape[1:]
        bias = self.relative_position_bias_table.index_select(0, self.relative_position_index.flatten())
        bias = bias.view(1, count, count, -1).permute(0, 3, 1, 2)
        if mask is not None:
            bias = bias + mask[:, None]
        # The windows of an image are stacked along the heads, since each has its own mask.
        windows = len(bias)
        qkv = self.qkv(x).view(-1, windows, count, 3, self.num_heads, channels // self.num_heads)
        query, key, value = qkv.permute(3, 0, 1, 4, 2, 5).flatten(2, 3).unbind(0)
        dropout = self.attn_drop.p if self.training else 0.0
        out = F.scaled_dot_product_attention(query, key, value, bias.flatten(0, 1)[None], dropout, scale=self.scale)
        out = out.unflatten(1, (windows, self.num_heads)).transpose(2, 3).reshape(-1, count, channels)
        return self.proj_drop(self.proj(out))


class TraceableShiftWindowMSA(ShiftWindowMSA):
    """mmdet's shifted-window attention with the batch size left to a view: same weights, same results.

    The stock class computes it as a Python integer, which fixes it when the network is traced or exported.
    """

    def __init__(self, embed_dims: int, num_heads: int, window_size: int, shift_size: int) -> None:
        super().__init__(embed_dims, num_heads, window_size, shift_size)
        self.w_msa = TraceableWindowMSA(embed_dims, num_heads, (window_size, window_size))

    def window_reverse(self, windows: Tensor, H: int, W: int) -> Tensor:  # noqa: N803
        """Joins windows (B * windows, s, s, C) to maps (B, H, W, C)."""
        size = self.window_size
        x = windows.view(-1, H // size, W // size, size, size, windows.shape[-1])
        return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, H, W, windows.shape[-1])


class TraceableSwinBlock(SwinBlock):
    """mmdet's Swin block with :class:`TraceableShiftWindowMSA`, so that torch.export leaves the batch size open."""

    def __init__(self, embed_dims: int, num_heads: int, feedforward_channels: int, window_size: int, shift: bool):
        super().__init__(embed_dims, num_heads, feedforward_channels, window_size, shift)
        self.attn = TraceableShiftWindowMSA(embed_dims, num_heads, window_size, window_size // 2 if shift else 0)


class TraceablePatchMerging(PatchMerging):
    """mmdet's patch merging of 2x2 positions by a view: same weights, same results.

    The stock class copies with :class:`torch.nn.Unfold`, which is slow on CPUs. It orders the merged values by channel;
    here the weights are reordered instead.
    """

    def forward(self, x: Tensor, input_size: tuple[int, int]) -> tuple[Tensor, tuple[int, int]]:
        """Merges tokens.

        Args:
            x: (B, H * W, C).
            input_size: H and W.

        Returns:
            Tokens (B, ceil(H / 2) * ceil(W / 2), C_out), and the two numbers.
        """
        height, width = input_size
        x = x.unflatten(1, input_size)
        if height % 2 or width % 2:  # padding by nothing would copy
            x = F.pad(x, (0, 0, 0, width % 2, 0, height % 2))
        x = x.unflatten(1, (-1, 2)).unflatten(3, (-1, 2)).transpose(2, 3).flatten(3)
        norm, reduction = self.norm, self.reduction
        weight, bias = (by_position(values) for values in (norm.weight, norm.bias))
        x = F.layer_norm(x, norm.normalized_shape, weight, bias, norm.eps)
        return F.linear(x, by_position(reduction.weight)).flatten(1, 2), tuple(x.shape[1:3])


def by_position(values: Tensor) -> Tensor:
    """Reorders merged values (..., C * 4) from channels first to positions first."""
    return values.unflatten(-1, (-1, 4)).transpose(-2, -1).flatten(-2)


class SwinPyramid(BaseModule):
    """Swin stages without patch embedding, each at half the size of the one before (MT-CP, section 3.2).

    They contain no convolutions.

    Args:
        channels: Channels of the stages. The input has as many as the first stage.
        depths: Number of blocks in each stage, at least one.
        num_heads: Number of attention heads in each stage.
        window_size: Side of the attention windows.
        mlp_ratio: Hidden channels of the MLPs, relative to the channels of the stage.
        init_cfg: Config of the initialization; that of Swin by default.
    """

    def __init__(
        self,
        channels: Sequence[int],
        depths: Sequence[int] = (1, 2, 1),
        num_heads: Sequence[int] = (2, 2, 2),
        window_size: int = 7,
        mlp_ratio: float = 4.0,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg or dict(type='TruncNormal', layer='Linear', std=0.02))
        self.merges = ModuleList(
            TraceablePatchMerging(width, wider) for width, wider in zip(channels[:-1], channels[1:], strict=True)
        )
        self.stages = ModuleList(
            ModuleList(
                TraceableSwinBlock(width, heads, int(mlp_ratio * width), window_size, shift=bool(i % 2))
                for i in range(depth)
            )
            for width, depth, heads in zip(channels, depths, num_heads, strict=True)
        )
        self.norms = ModuleList(nn.LayerNorm(width) for width in channels)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Turns a map (B, C_0, h, w) into maps (B, C_s, h_s, w_s), fine to coarse."""
        size = tuple(x.shape[-2:])
        tokens = x.flatten(2).transpose(1, 2)
        pyramid = []
        for index, (stage, norm) in enumerate(zip(self.stages, self.norms, strict=True)):
            if index:
                tokens, size = self.merges[index - 1](tokens, size)
            for block in stage:
                tokens = block(tokens, size)
            pyramid.append(norm(tokens).transpose(1, 2).unflatten(2, size))
        return tuple(pyramid)
