import pytest
import torch
import torch.nn.functional as F
from torch.autograd.graph import saved_tensors_hooks

from mtcp_mm.models.layers.cosine_similarity import cosine_similarity


def test_equals_torchs():
    a, b = (torch.randn(2, 5, 3, 4, dtype=torch.float64, requires_grad=True) for _ in range(2))
    cotangent = torch.randn(2, 3, 4, dtype=torch.float64)
    expected = F.cosine_similarity(a, b, dim=1)
    torch.testing.assert_close(cosine_similarity(a, b), expected)
    gradients_of = (torch.autograd.grad(value, (a, b), cotangent) for value in (cosine_similarity(a, b), expected))
    torch.testing.assert_close(*gradients_of)
    assert torch.autograd.gradcheck(cosine_similarity, (a, b))


@pytest.mark.parametrize('norm', [0, 1e-9])
def test_vectors_of_almost_no_length(norm):
    """Their length counts as 1e-8, so that nothing is divided by zero."""
    a = torch.full((1, 4, 1, 1), norm / 2, dtype=torch.float64, requires_grad=True)
    b = torch.full((1, 4, 1, 1), 0.5, dtype=torch.float64, requires_grad=True)
    cosine = cosine_similarity(a, b)
    torch.testing.assert_close(cosine, torch.full_like(cosine, norm / 1e-8))
    gradient_of_a, gradient_of_b = torch.autograd.grad(cosine, (a, b))
    torch.testing.assert_close(gradient_of_a, b / 1e-8)
    torch.testing.assert_close(gradient_of_b, a / 1e-8)


def test_half_precision_is_compared_in_float32_and_kept_as_it_is():
    a, b = (torch.randn(2, 64, 3, 4).bfloat16().requires_grad_() for _ in range(2))
    kept = []
    with saved_tensors_hooks(lambda x: kept.append(x) or x, lambda x: x):
        cosine = cosine_similarity(a, b)
    assert sorted(x.nbytes for x in kept) == [2 * 3 * 4 * 4] * 3 + [a.nbytes] * 2
    wide = [x.detach().float().requires_grad_() for x in (a, b)]
    expected = F.cosine_similarity(*wide, dim=1)
    torch.testing.assert_close(cosine, expected)
    gradients = torch.autograd.grad(cosine.sum(), (a, b)), torch.autograd.grad(expected.sum(), wide)
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs.bfloat16(), rtol=0.02, atol=1e-4)
