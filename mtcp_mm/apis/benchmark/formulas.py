"""Numbers of operations that torch does not count, or counts wrongly.

They take the shapes of an operator's tensors, and its other arguments as they are.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.utils.flop_counter import conv_flop_count, sdpa_backward_flop_count, sdpa_flop_count

Shape = Sequence[int]


def count_attention(query: Shape, key: Shape, value: Shape, *args: Any, **kwargs: Any) -> int:
    """Counts the operations of attention."""
    return sdpa_flop_count(query, key, value)


def count_attention_gradient(gradient: Shape, query: Shape, key: Shape, value: Shape, *args: Any, **kwargs: Any) -> int:
    """Counts the operations of the gradient of attention."""
    return sdpa_backward_flop_count(gradient, query, key, value)


def count_convolution_gradient(
    gradient: Shape,
    image: Shape,
    weight: Shape,
    bias: Shape | None,
    stride: Shape,
    padding: Shape,
    dilation: Shape,
    transposed: bool,
    output_padding: Shape,
    groups: int,
    output_mask: Sequence[bool],
    **kwargs: Any,
) -> int:
    """Counts the operations of a convolution's gradients: as many for each of the two as for the convolution.

    Torch ignores groups here.
    """
    return sum(output_mask[:2]) * conv_flop_count(image, weight, gradient, transposed)


FORMULAS: dict[Any, Callable[..., int]] = {
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: count_attention,
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward: count_attention_gradient,
    torch.ops.aten.convolution_backward: count_convolution_gradient,
}
