import numpy as np
import pytest
import torch

from mtcp_mm.evaluation import RegressionErrors
from mtcp_mm.tasks import RegressionMap


@pytest.mark.parametrize('channels', [1, 3])
def test_equals_the_formulas_pooled_over_pixels_channels_and_images(channels):
    rng = np.random.default_rng(0)
    predictions, targets = rng.normal(size=(2, 4, channels, 5, 6))
    void = rng.random((4, 1, 5, 6)) < 0.3
    targets[np.broadcast_to(void, targets.shape)] = np.nan
    metric = RegressionErrors(RegressionMap('albedo', channels=channels))
    pairs = zip(torch.from_numpy(predictions), torch.from_numpy(targets), strict=True)
    scores = metric.compute(sum(metric.process(*pair) for pair in pairs))
    error = (predictions - targets)[~np.broadcast_to(void, targets.shape)]
    assert scores == pytest.approx({'rmse': np.sqrt((error**2).mean()), 'mae': abs(error).mean()}, rel=1e-12)


def test_without_valid_pixels_scores_are_nan():
    metric = RegressionErrors(RegressionMap('albedo'))
    scores = metric.compute(metric.process(torch.ones(1, 2, 2), torch.full((1, 2, 2), torch.nan)))
    assert all(np.isnan(value) for value in scores.values())
