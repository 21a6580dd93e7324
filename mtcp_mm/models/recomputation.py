"""Activation checkpointing: parts of a network are computed again in the backward pass instead of kept for it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from mmdet.models.backbones import swin as mmdet_swin
from mmdet.models.layers import DeformableDetrTransformerEncoder, Mask2FormerTransformerDecoder
from mmseg.models.backbones import swin as mmseg_swin
from torch import nn
from torch.utils.checkpoint import checkpoint

SWIN_BLOCKS = (mmdet_swin.SwinBlock, mmseg_swin.SwinBlock)
STACKS = (DeformableDetrTransformerEncoder, Mask2FormerTransformerDecoder)
"""Transformers with their layers in ``layers``."""


def recompute(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Calls a function whose intermediate results are computed again in the backward pass, with the same random state.

    The function must not change running statistics, as batch normalization does: it is called twice.
    """
    if not torch.is_grad_enabled():
        return function(*args, **kwargs)
    return checkpoint(function, *args, use_reentrant=False, **kwargs)


def recompute_blocks(network: nn.Module) -> None:
    """Makes the transformer blocks of a network keep only their inputs for the backward pass.

    These are Swin blocks and the layers of Mask2Former's two decoders. They hold most of the memory of a training step,
    and have no running statistics.
    """
    blocks = [module for module in network.modules() if isinstance(module, SWIN_BLOCKS)]
    for stack in network.modules():
        if isinstance(stack, STACKS):
            blocks.extend(stack.layers)
    for block in blocks:
        # A bound method, so that a copy of the network calls its own blocks.
        block.forward = partial(recompute, block.forward)
