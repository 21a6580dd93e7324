"""The operator against autograd and against the formula written out."""

import math

import torch
from mmcv.ops.multi_scale_deform_attn import (
    MultiScaleDeformableAttnFunction,
    multi_scale_deformable_attn_pytorch,
)

from mtcp_mm.compat.deform_attn import ms_deform_attn_backward, ms_deform_attn_forward

SHAPES = [(3, 4), (2, 2)]


def make_inputs(dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    batch, heads, channels, queries, points = 2, 2, 3, 4, 2
    keys = sum(height * width for height, width in SHAPES)

    def random(*size):
        return torch.rand(*size, generator=generator, dtype=torch.float64).to(dtype)

    value = random(batch, keys, heads, channels) - 0.5
    # Some points lie outside the map, where zeros are read.
    locations = random(batch, queries, heads, len(SHAPES), points, 2) * 1.4 - 0.2
    weights = random(batch, queries, heads, len(SHAPES), points)
    return value, torch.tensor(SHAPES), torch.tensor([0, 12]), locations, weights


def bilinear(grid, x, y):
    """One value of a (h, w, D) map at pixel coordinates, zeros outside."""
    height, width, channels = grid.shape
    total = torch.zeros(channels, dtype=grid.dtype)
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            if 0 <= row < height and 0 <= column < width:
                total += (1 - abs(y - row)) * (1 - abs(x - column)) * grid[row, column]
    return total


def test_forward_is_the_formula():
    value, shapes, starts, locations, weights = make_inputs()
    output = ms_deform_attn_forward(value, shapes, starts, locations, weights, im2col_step=64)

    batch, queries, heads, levels, points, _ = locations.shape
    expected = torch.zeros(batch, queries, heads, value.shape[-1], dtype=value.dtype)
    for index in torch.cartesian_prod(*map(torch.arange, (batch, queries, heads, levels, points))):
        b, q, m, level, p = index.tolist()
        (height, width), start = SHAPES[level], starts[level]
        grid = value[b, start : start + height * width, m].reshape(height, width, -1)
        x, y = (locations[b, q, m, level, p] * torch.tensor([width, height]) - 0.5).tolist()
        expected[b, q, m] += weights[b, q, m, level, p] * bilinear(grid, x, y)
    torch.testing.assert_close(output, expected.flatten(2))


def test_backward_adds_the_gradients_of_autograd_in_place():
    value, shapes, starts, locations, weights = make_inputs()
    inputs = [tensor.clone().requires_grad_() for tensor in (value, locations, weights)]
    output = multi_scale_deformable_attn_pytorch(inputs[0], shapes, inputs[1], inputs[2])
    grad_output = torch.randn(output.shape, generator=torch.Generator().manual_seed(1)).double()
    expected = torch.autograd.grad(output, inputs, grad_output)

    buffers = [torch.ones_like(tensor) for tensor in inputs]
    with torch.no_grad():  # as inside an autograd function
        result = ms_deform_attn_backward(
            value, shapes, starts, locations, weights, grad_output, *buffers, im2col_step=64
        )
    assert result is None
    for buffer, gradient in zip(buffers, expected, strict=True):
        torch.testing.assert_close(buffer, gradient + 1)


def test_function_of_mmcv_passes_gradcheck():
    value, shapes, starts, locations, weights = make_inputs()
    inputs = [tensor.requires_grad_() for tensor in (value, locations, weights)]

    def function(value, locations, weights):
        return MultiScaleDeformableAttnFunction.apply(value, shapes, starts, locations, weights, 64)

    assert torch.autograd.gradcheck(function, inputs, eps=1e-7, atol=1e-5)


def test_dtype_of_the_value_is_kept_under_autocast():
    value, shapes, starts, locations, weights = make_inputs(torch.bfloat16)
    inputs = [tensor.requires_grad_() for tensor in (value, locations, weights)]
    with torch.autocast('cpu', dtype=torch.bfloat16):
        output = MultiScaleDeformableAttnFunction.apply(inputs[0], shapes, starts, inputs[1], inputs[2], 64)
    assert output.dtype == torch.bfloat16
    output.sum().backward()
    assert all(tensor.grad.dtype == torch.bfloat16 for tensor in inputs)
