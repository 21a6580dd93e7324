import numpy as np
import pytest
import torch
from mmseg.registry import MODELS

from mtcp_mm.models.losses import BalancedBCELoss


@pytest.fixture
def case():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 1, 5, 7, generator=generator, requires_grad=True)
    target = (torch.rand(logits.shape, generator=generator) < 0.2).float()
    valid = torch.rand(target.shape, generator=generator) < 0.6
    return logits, target.masked_fill(~valid, 255), valid


def numpy_loss(logits, target, valid, weight=None):
    """The formula written out, and its gradient."""
    x, t = logits.detach().numpy().astype(float), target.numpy()
    p = 1 / (1 + np.exp(-x))
    yes, no = valid.numpy() & (t == 1), valid.numpy() & (t == 0)
    w = no.sum() / (yes.sum() + no.sum()) if weight is None else weight
    total = w * yes.sum() + (1 - w) * no.sum()
    loss = -(w * np.log(p[yes]).sum() + (1 - w) * np.log(1 - p[no]).sum()) / total
    return loss, (w * yes * (p - 1) + (1 - w) * no * p) / total


@pytest.mark.parametrize('weight', [None, 0.95])
def test_equals_the_formula_in_value_and_gradient(case, weight):
    loss = MODELS.build(dict(type='BalancedBCELoss', positive_weight=weight))(*case)
    loss.backward()
    value, gradient = numpy_loss(*case, weight)
    assert loss.item() == pytest.approx(value, rel=1e-6)
    np.testing.assert_allclose(case[0].grad.numpy(), gradient, atol=1e-8)


def test_balance_is_the_mean_of_the_two_classes_means_and_starts_at_ln_2():
    logits = torch.tensor([0.3, -1.0, 2.0, 0.5]).view(1, 1, 1, 4)
    target, valid = torch.tensor([1.0, 0, 0, 0]).view(1, 1, 1, 4), torch.ones(1, 1, 1, 4, dtype=torch.bool)
    yes, no = np.log1p(np.exp(-0.3)), np.log1p(np.exp([-1.0, 2.0, 0.5])).mean()
    assert BalancedBCELoss()(logits, target, valid).item() == pytest.approx((yes + no) / 2, rel=1e-6)
    for loss in (BalancedBCELoss(), BalancedBCELoss(0.95)):
        assert loss(torch.zeros_like(logits), target, valid).item() == pytest.approx(np.log(2), rel=1e-6)


@pytest.mark.parametrize('weight', [None, 0.95])
def test_no_valid_pixel(case, weight):
    logits, target, valid = case
    loss = BalancedBCELoss(weight)(logits, target.fill_(255), torch.zeros_like(valid))
    loss.backward()
    assert loss.item() == 0 and not logits.grad.any()


@pytest.mark.parametrize('label', [0.0, 1.0])
def test_one_class_alone_is_zero_when_balanced_and_counts_when_the_weight_is_fixed(case, label):
    logits, target, valid = case
    loss = BalancedBCELoss()(logits, target.fill_(label), valid)
    loss.backward()
    assert loss.item() == 0 and not logits.grad.any()
    assert BalancedBCELoss(0.95)(logits, target, valid).item() > 0


def test_huge_logits_and_void_leave_gradients_finite(case):
    _, target, valid = case
    logits = torch.where(target == 1, -1e4, 1e4).requires_grad_()
    loss = BalancedBCELoss()(logits, target.masked_fill(~valid, torch.nan), valid)
    loss.backward()
    assert loss.item() == pytest.approx(1e4, rel=1e-5)
    assert logits.grad.isfinite().all() and not logits.grad[~valid].any()


@pytest.mark.parametrize('voids', [(), (1,)])
def test_two_ranks_balance_as_one_process(case, on_two_ranks, voids):
    logits, target, valid = case
    for rank in voids:
        valid[rank] = False

    def rank_loss(rank):
        part = logits.detach()[rank : rank + 1].clone().requires_grad_()
        loss = BalancedBCELoss()(part, target[rank : rank + 1], valid[rank : rank + 1])
        loss.backward()
        return loss.detach(), part.grad / 2  # DDP divides by the number of ranks

    (loss0, grad0), (loss1, grad1) = on_two_ranks(rank_loss)
    value, gradient = numpy_loss(logits, target, valid)
    assert (loss0 + loss1).item() / 2 == pytest.approx(value, rel=1e-6)
    np.testing.assert_allclose(torch.cat([grad0, grad1]).numpy(), gradient, atol=1e-7)


@pytest.mark.parametrize('weight', [0, 1, 95])
def test_an_invalid_weight_is_refused(weight):
    with pytest.raises(ValueError, match='between 0 and 1'):
        BalancedBCELoss(weight)
