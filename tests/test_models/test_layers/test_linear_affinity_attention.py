import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d
from torch.utils.flop_counter import FlopCounterMode

from mtcp_mm.models.layers import LinearAffinityAttention


def softmax(x: np.ndarray, axis: int) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum(axis, keepdims=True)


def formula(query: Tensor, key: Tensor, value: Tensor) -> np.ndarray:
    """The weights of all positions, formed outright, times the values."""
    q, k, v = (x.detach().flatten(2).numpy() for x in (query, key, value))
    weights = np.einsum('bcn,bcm->bnm', softmax(q, 1), softmax(k, 2))
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)
    return np.einsum('bnm,bcm->bcn', weights, v).reshape(query.shape)


def maps(*shape: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    return [torch.randn(*shape, dtype=dtype, requires_grad=True) for _ in range(3)]


@pytest.mark.parametrize(('q_stride', 'kv_stride'), [(1, 1), (4, 1), (1, 2)])
def test_equals_the_formula(q_stride, kv_stride):
    query, key, value = maps(2, 8, 5, 7)
    out = LinearAffinityAttention(q_stride, kv_stride)(query, key, value)
    pooled = (
        avg_pool2d(x, stride, ceil_mode=True)
        for x, stride in zip((query, key, value), (q_stride, kv_stride, kv_stride), strict=True)
    )
    np.testing.assert_allclose(out.detach().numpy(), formula(*pooled), rtol=1e-4, atol=1e-5)


def test_gradients():
    assert torch.autograd.gradcheck(LinearAffinityAttention(), maps(1, 3, 2, 4, dtype=torch.float64))


def test_half_precision():
    inputs = [x.detach() for x in maps(2, 16, 10, 9)]
    out = LinearAffinityAttention()(*(x.bfloat16() for x in inputs))
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out.float(), LinearAffinityAttention()(*inputs), rtol=0.02, atol=0.02)


def test_cost_grows_linearly_with_the_positions():
    def cost(height: int, width: int) -> int:
        inputs = [torch.empty(2, 8, height, width, device='meta') for _ in range(3)]
        with FlopCounterMode(display=False) as counter:
            assert LinearAffinityAttention()(*inputs).shape == (2, 8, height, width)
        return counter.get_total_flops()

    assert cost(10, 13) == 2 * 2 * (2 * 8 * 8) * 10 * 13  # two products for each of two images
    assert cost(20, 26) == 4 * cost(10, 13)
