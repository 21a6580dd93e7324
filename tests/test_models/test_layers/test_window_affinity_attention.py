import pytest
import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import avg_pool2d

from mtcp_mm.models.layers import AffinityAttention, WindowAffinityAttention


def window_by_window(query: Tensor, key: Tensor, value: Tensor, size: int, q_stride: int, kv_stride: int) -> Tensor:
    """softmax(Q K^T) V in each window, one after the other."""
    rows = []
    for top in range(0, query.shape[2], size):
        row = []
        for left in range(0, query.shape[3], size):
            q, k, v = (x[:, :, top : top + size, left : left + size] for x in (query, key, value))
            q = avg_pool2d(q, q_stride, ceil_mode=True)
            k, v = (avg_pool2d(x, kv_stride, ceil_mode=True).flatten(2) for x in (k, v))
            weights = torch.softmax(torch.einsum('bcn,bcm->bnm', q.flatten(2), k), -1)
            row.append(torch.einsum('bnm,bcm->bcn', weights, v).unflatten(2, q.shape[2:]))
        rows.append(torch.cat(row, 3))
    return torch.cat(rows, 2)


def maps(*shape: int) -> list[Tensor]:
    return [torch.randn(*shape, requires_grad=True) for _ in range(3)]


def check_equal(out: Tensor, expected: Tensor, inputs: list[Tensor]) -> None:
    """Checks results and gradients."""
    torch.testing.assert_close(out, expected, rtol=1e-4, atol=1e-5)
    cotangent = torch.randn_like(out)
    gradients = (torch.autograd.grad(result, inputs, cotangent) for result in (out, expected))
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ('height', 'width'), [(8, 12), (10, 13), (8, 13), (10, 12), (3, 13), (10, 2)], ids=lambda value: str(value)
)
@pytest.mark.parametrize('strides', [(1, 1), (2, 1), (4, 2)], ids=str)
def test_equals_the_formula_in_each_window(height, width, strides):
    inputs = maps(2, 8, height, width)
    out = WindowAffinityAttention(4, 1.0, *strides)(*inputs)
    assert out.shape == (2, 8, -(-height // strides[0]), -(-width // strides[0]))
    check_equal(out, window_by_window(*inputs, 4, *strides), inputs)


@pytest.mark.parametrize('size', [7, 8])
@pytest.mark.parametrize('scale', [None, 1.0])
def test_a_window_as_large_as_the_map_is_global_attention(size, scale):
    inputs = maps(2, 8, 6, 7)
    check_equal(WindowAffinityAttention(size, scale)(*inputs), AffinityAttention(scale)(*inputs), inputs)


@pytest.mark.parametrize('memory_format', [torch.contiguous_format, torch.channels_last])
def test_a_fused_kernel_takes_it(memory_format):
    inputs = [x.detach().contiguous(memory_format=memory_format).requires_grad_() for x in maps(2, 16, 10, 9)]
    with sdpa_kernel([SDPBackend.FLASH_ATTENTION]):  # The math backend is shut, so falling back to it is an error.
        WindowAffinityAttention(4)(*inputs).sum().backward()
    assert all(x.grad.isfinite().all() for x in inputs)


def test_half_precision():
    inputs = [x.detach() for x in maps(2, 16, 10, 9)]
    attention = WindowAffinityAttention(4)
    out = attention(*(x.bfloat16() for x in inputs))
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out.float(), attention(*inputs), rtol=0.02, atol=0.02)


def test_shapes_on_the_meta_device():
    inputs = [torch.empty(2, 8, 10, 13, device='meta') for _ in range(3)]
    out = WindowAffinityAttention(4, q_stride=2)(*inputs)
    assert out.shape == (2, 8, 5, 7) and out.device.type == 'meta'
