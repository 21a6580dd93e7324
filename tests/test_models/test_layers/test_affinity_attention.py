import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from mtcp_mm.models.layers import AffinityAttention
from mtcp_mm.models.layers.affinity_attention import to_sequence


def formula(query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
    """softmax(scale * Q K^T) V, written out."""
    weights = torch.softmax(scale * query.flatten(2).transpose(1, 2) @ key.flatten(2), dim=-1)
    return (weights @ value.flatten(2).transpose(1, 2)).transpose(1, 2).unflatten(2, query.shape[-2:])


def blocks(x: Tensor, stride: int) -> Tensor:
    """Means of blocks, one by one; those at the border are smaller."""
    rows = [
        torch.stack([x[..., i : i + stride, j : j + stride].mean((-2, -1)) for j in range(0, x.shape[-1], stride)], -1)
        for i in range(0, x.shape[-2], stride)
    ]
    return torch.stack(rows, -2)


def maps(*shape: int) -> list[Tensor]:
    return [torch.randn(*shape, requires_grad=True) for _ in range(3)]


@pytest.mark.parametrize('scale', [None, 1.0])
def test_equals_the_formula(scale):
    inputs = maps(2, 16, 12, 10)
    out = AffinityAttention(scale)(*inputs)
    expected = formula(*inputs, 16**-0.5 if scale is None else scale)
    assert out.shape == (2, 16, 12, 10) and (out - expected).abs().max() < 1e-4
    cotangent = torch.randn_like(out)
    ours, theirs = (torch.autograd.grad(result, inputs, cotangent) for result in (out, expected))
    assert max((a - b).abs().max() for a, b in zip(ours, theirs, strict=True)) < 1e-4


@pytest.mark.parametrize(('q_stride', 'kv_stride'), [(4, 1), (1, 2), (3, 4)])
def test_strides_equal_the_formula_on_block_means(q_stride, kv_stride):
    inputs = maps(2, 8, 10, 13)
    query, key, value = inputs
    out = AffinityAttention(1.0, q_stride, kv_stride)(*inputs)
    expected = formula(blocks(query, q_stride), blocks(key, kv_stride), blocks(value, kv_stride), 1.0)
    assert out.shape == (2, 8, -(-10 // q_stride), -(-13 // q_stride))
    assert (out - expected).abs().max() < 1e-4
    cotangent = torch.randn_like(out)
    ours, theirs = (torch.autograd.grad(result, inputs, cotangent) for result in (out, expected))
    assert max((a - b).abs().max() for a, b in zip(ours, theirs, strict=True)) < 1e-4


@pytest.mark.parametrize('memory_format', [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize('q_stride', [1, 4])
def test_a_fused_kernel_takes_it(memory_format, q_stride):
    inputs = [x.detach().contiguous(memory_format=memory_format).requires_grad_() for x in maps(2, 16, 8, 8)]
    with sdpa_kernel([SDPBackend.FLASH_ATTENTION]):  # The math backend is shut, so falling back to it is an error.
        AffinityAttention(q_stride=q_stride)(*inputs).sum().backward()
    assert all(x.grad.isfinite().all() for x in inputs)


def test_no_fused_kernel_would_take_three_dimensions():
    query, key, value = (to_sequence(x).squeeze(1) for x in maps(2, 16, 8, 8))
    with sdpa_kernel([SDPBackend.FLASH_ATTENTION]), pytest.raises(RuntimeError, match='(?i)no .*(viable|available)'):
        F.scaled_dot_product_attention(query, key, value)
