"""Multi-scale deformable attention in PyTorch, which replaces the compiled operator of mmcv that MT-CP calls.

The two functions take the arguments of ``mmcv._ext.ms_deform_attn_forward`` and ``mmcv._ext.ms_deform_attn_backward``
(Zhu et al., *Deformable DETR*, ICLR 2021, eq. 3) and work on every device. Shapes below: B images, K keys (of all
levels), M heads, D channels per head, Q queries, L levels, P points.
"""

import torch
from torch import Tensor


def ms_deform_attn_forward(
    value: Tensor,
    value_spatial_shapes: Tensor,
    value_level_start_index: Tensor,
    sampling_locations: Tensor,
    attention_weights: Tensor,
    im2col_step: int = 64,
) -> Tensor:
    """Samples the values around each query and sums them by their weights.

    Args:
        value: Values of all levels, (B, K, M, D).
        value_spatial_shapes: Height and width of each level, (L, 2).
        value_level_start_index: First key of each level, (L,). Not used: it follows from the shapes.
        sampling_locations: Points (x, y) in [0, 1] of a level, (B, Q, M, L, P, 2).
        attention_weights: Weight of each point, (B, Q, M, L, P).
        im2col_step: Images per kernel launch; no effect here.

    Returns:
        The weighted sums, (B, Q, M * D), in the dtype of ``value``.
    """
    # Imported here: mmcv.ops looks up its operators in mmcv._ext when it is imported.
    from mmcv.ops.multi_scale_deform_attn import multi_scale_deformable_attn_pytorch

    # Python integers: one synchronization with the device, not one for each use.
    shapes = value_spatial_shapes.tolist()
    output = multi_scale_deformable_attn_pytorch(value, shapes, sampling_locations, attention_weights)
    return output.to(value.dtype)  # autocast would sum in float32


def ms_deform_attn_backward(
    value: Tensor,
    value_spatial_shapes: Tensor,
    value_level_start_index: Tensor,
    sampling_locations: Tensor,
    attention_weights: Tensor,
    grad_output: Tensor,
    grad_value: Tensor,
    grad_sampling_loc: Tensor,
    grad_attn_weight: Tensor,
    im2col_step: int = 64,
) -> None:
    """Adds the gradients of the forward operator to the three given tensors, in place.

    Args:
        value: As in :func:`ms_deform_attn_forward`.
        value_spatial_shapes: As in the forward operator.
        value_level_start_index: As in the forward operator.
        sampling_locations: As in the forward operator.
        attention_weights: As in the forward operator.
        grad_output: Gradient of the output, (B, Q, M * D).
        grad_value: Receives the gradient of ``value``, (B, K, M, D).
        grad_sampling_loc: Receives that of ``sampling_locations``, (B, Q, M, L, P, 2).
        grad_attn_weight: Receives that of ``attention_weights``, (B, Q, M, L, P).
        im2col_step: No effect here.
    """
    inputs = [tensor.detach().requires_grad_() for tensor in (value, sampling_locations, attention_weights)]
    with torch.enable_grad():
        output = ms_deform_attn_forward(inputs[0], value_spatial_shapes, value_level_start_index, inputs[1], inputs[2])
    gradients = torch.autograd.grad(output, inputs, grad_output)
    for buffer, gradient in zip((grad_value, grad_sampling_loc, grad_attn_weight), gradients, strict=True):
        buffer.add_(gradient)
