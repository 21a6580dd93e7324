import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mtcp_mm.models.losses import NormalsL1Loss


def test_equals_the_formula_in_value_and_gradient():
    generator = torch.Generator().manual_seed(0)
    prediction, target = torch.randn(2, 2, 3, 5, 7, generator=generator, dtype=torch.float64)
    target /= target.norm(dim=1, keepdim=True)
    valid = torch.rand(2, 1, 5, 7, generator=generator) < 0.6
    target = torch.where(valid, target, float('nan'))
    prediction.requires_grad_()

    loss = NormalsL1Loss()(prediction, target, valid)
    (gradient,) = torch.autograd.grad(loss, prediction)

    p, g, v = prediction.detach().numpy(), target.numpy(), valid.numpy()[:, 0]
    length = np.sqrt((p**2).sum(1, keepdims=True))
    unit = p / length
    assert loss.item() == pytest.approx(np.abs(unit - g).transpose(0, 2, 3, 1)[v].mean())
    # d|u - g| through u = p / |p|: the part of sign(u - g) across u, over |p|.
    sign = np.sign(unit - np.where(v[:, None], g, 0)) * v[:, None] / (3 * v.sum())
    expected = (sign - unit * (sign * unit).sum(1, keepdims=True)) / length
    np.testing.assert_allclose(gradient.numpy(), expected, atol=1e-12)


def test_a_zero_prediction_has_a_bounded_gradient():
    prediction = torch.zeros(1, 3, 2, 2, requires_grad=True)
    target = torch.tensor([0.0, 0.6, -0.8]).reshape(1, 3, 1, 1).expand(1, 3, 2, 2)
    loss = NormalsL1Loss()(prediction, target, torch.ones(1, 1, 2, 2, dtype=torch.bool))
    loss.backward()
    assert loss.item() == pytest.approx(1.4 / 3)
    assert prediction.grad.isfinite().all() and prediction.grad.abs().max() < 1000


def test_no_valid_pixel():
    prediction = torch.randn(1, 3, 2, 2, requires_grad=True)
    loss = NormalsL1Loss()(prediction, torch.zeros(1, 3, 2, 2), torch.zeros(1, 1, 2, 2, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0 and not prediction.grad.any()


def test_weight_of_three_sums_over_the_channels():
    prediction, target = torch.randn(2, 2, 3, 4, 5)
    target = F.normalize(target, dim=1)
    loss = NormalsL1Loss(loss_weight=3.0)(prediction, target, torch.ones(2, 1, 4, 5, dtype=torch.bool))
    torch.testing.assert_close(loss, (F.normalize(prediction, dim=1) - target).abs().sum(1).mean())


@pytest.mark.parametrize('setting', ['loss_weight', 'shortest'])
@pytest.mark.parametrize('value', [0, -1, float('nan')])
def test_invalid_settings_are_refused(setting, value):
    with pytest.raises(ValueError, match=f'{setting} of NormalsL1Loss is {value}'):
        NormalsL1Loss(**{setting: value})
