import numpy as np
import pytest
import torch
from mmseg.registry import MODELS

import mtcp_mm.models.losses  # noqa: F401


def test_equals_the_formula_and_void_leaves_gradients_finite():
    rng = np.random.default_rng(0)
    prediction, target = rng.normal(2, 1, (2, 2, 1, 5, 7)).astype(np.float32)
    valid = rng.random(target.shape) < 0.6
    prediction, target = torch.tensor(prediction, requires_grad=True), torch.tensor(target)
    target[~valid] = torch.tensor([0.0, np.nan, np.inf, -np.inf])[torch.arange((~valid).sum()) % 4]

    loss = MODELS.build(dict(type='MaskedL1Loss'))(prediction, target, torch.tensor(valid))
    loss.backward()

    gap = prediction.detach().numpy()[valid] - target.numpy()[valid]
    gradient = np.zeros(valid.shape)
    gradient[valid] = np.sign(gap) / valid.sum()
    assert loss.item() == pytest.approx(np.abs(gap).mean(), rel=1e-6)
    np.testing.assert_allclose(prediction.grad.numpy(), gradient, rtol=1e-6)


def test_no_valid_pixel():
    prediction = torch.ones(1, 1, 2, 2, requires_grad=True)
    target = torch.full((1, 1, 2, 2), float('nan'))
    loss = MODELS.build(dict(type='MaskedL1Loss'))(prediction, target, torch.zeros(1, 1, 2, 2, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0 and not prediction.grad.any()
