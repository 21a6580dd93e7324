import numpy as np
import pytest
import torch

from mtcp_mm.evaluation import DepthErrors


def numpy_errors(p, g, protocol):
    """The formulas written out, on flat arrays of all pixels."""
    p, g = p.astype(np.float64), g.astype(np.float64)
    valid = np.isfinite(g) & (g > 0)
    if protocol == 'atrc':
        valid, p = valid & (g < 80), np.maximum(p, 0)
    p, g = p[valid], g[valid]
    near = g < 6.5535
    q = np.maximum(p, 1e-9)
    ratio = np.maximum(q / g, g / q)
    return {
        'rmse': np.sqrt(np.mean((p - g) ** 2)),
        'rmse_6.55': np.sqrt(np.mean((p[near] - g[near]) ** 2)),
        'log_rmse': np.sqrt(np.mean((np.log(q) - np.log(g)) ** 2)),
        'abs_rel': np.mean(np.abs(p - g) / g),
        'delta1': np.mean(ratio < 1.25),
        'delta2': np.mean(ratio < 1.25**2),
        'delta3': np.mean(ratio < 1.25**3),
    }


@pytest.mark.parametrize('protocol', ['mti', 'atrc'])
def test_equals_the_formulas_pooled_over_all_pixels(tasks, protocol):
    rng = np.random.default_rng(0)
    targets = rng.uniform(0.3, 100, (5, 1, 6, 7)).astype(np.float32)
    predictions = (targets * rng.uniform(0.5, 2, targets.shape)).astype(np.float32)
    predictions[rng.random(targets.shape) < 0.1] *= -1
    targets[rng.random(targets.shape) < 0.3] = 0
    targets[0, 0, 0, :3] = np.nan, np.inf, -1
    metric = DepthErrors(tasks['depth'], protocol)
    pairs = zip(torch.from_numpy(predictions), torch.from_numpy(targets), strict=True)
    total = sum(metric.process(*pair) for pair in pairs)
    expected = numpy_errors(predictions.ravel(), targets.ravel(), protocol)
    assert metric.compute(total) == pytest.approx(expected, rel=1e-12)


def test_hand_worked_case_with_one_root_over_all_images(tasks):
    metric = DepthErrors(tasks['depth'])
    first = metric.process(torch.tensor([[[1.0, 2.0]]]), torch.tensor([[[4.0, 0.0]]]))  # error 3
    second = metric.process(
        torch.tensor([[[2.0, 2.0, 2.0]]]), torch.tensor([[[3.0, 3.0, 3.0]]])
    )  # error 1, three times
    scores = metric.compute(first + second)
    assert scores['rmse'] == pytest.approx(np.sqrt((9 + 3) / 4))
    assert scores['abs_rel'] == pytest.approx((3 / 4 + 3 * 1 / 3) / 4)
    assert scores['log_rmse'] == pytest.approx(np.sqrt((np.log(4) ** 2 + 3 * np.log(1.5) ** 2) / 4))
    assert (scores['delta1'], scores['delta2'], scores['delta3']) == (0, 0.75, 0.75)


def test_the_released_rule_drops_labels_from_6_5535_metres_on(tasks):
    metric = DepthErrors(tasks['depth'])
    target = torch.tensor([[[6.5534, 6.5535, 9.0]]])
    scores = metric.compute(metric.process(target + torch.tensor([1.0, 5.0, 5.0]), target))
    assert scores['rmse_6.55'] == pytest.approx(1, rel=1e-6)
    assert scores['rmse'] == pytest.approx(np.sqrt(51 / 3), rel=1e-6)


def test_atrc_differs_from_mti_by_clamping_and_by_80_metres(tasks):
    target, prediction = torch.tensor([[[3.0, 90.0]]]), torch.tensor([[[-1.0, 70.0]]])
    rmse = {}
    for protocol in ('mti', 'atrc'):
        metric = DepthErrors(tasks['depth'], protocol)
        rmse[protocol] = metric.compute(metric.process(prediction, target))['rmse']
    assert rmse == pytest.approx({'mti': np.sqrt((16 + 400) / 2), 'atrc': 3})


def test_a_perfect_prediction_has_no_error(tasks):
    metric = DepthErrors(tasks['depth'])
    target = torch.rand(1, 4, 5, generator=torch.Generator().manual_seed(0)) + 0.1
    assert metric.compute(metric.process(target, target)) == {
        'rmse': 0, 'rmse_6.55': 0, 'log_rmse': 0, 'abs_rel': 0, 'delta1': 1, 'delta2': 1, 'delta3': 1,
    }  # fmt: skip


def test_only_far_pixels_leave_the_near_rmse_undefined(tasks):
    metric = DepthErrors(tasks['depth'])
    target = torch.full((1, 2, 2), 8.0)
    scores = metric.compute(metric.process(target - 1, target))
    assert scores['rmse'] == 1 and np.isnan(scores['rmse_6.55'])


def test_a_diverged_network_shows_as_nan(tasks):
    metric = DepthErrors(tasks['depth'])
    assert np.isnan(metric.compute(metric.process(torch.full((1, 1, 1), torch.nan), torch.ones(1, 1, 1)))['rmse'])


@pytest.mark.parametrize('power', [1, 2, 3])
def test_a_ratio_at_the_limit_is_not_within_it(tasks, power):
    metric = DepthErrors(tasks['depth'])
    scores = metric.compute(metric.process(torch.full((1, 1, 1), 1.25**power), torch.ones(1, 1, 1)))
    assert [scores[f'delta{k}'] for k in (1, 2, 3)] == [float(k > power) for k in (1, 2, 3)]


def test_atrc_ignores_a_label_of_80_metres(tasks):
    metric = DepthErrors(tasks['depth'], 'atrc')
    target = torch.tensor([[[79.0, 80.0]]])
    assert metric.compute(metric.process(target + torch.tensor([1.0, 5.0]), target))['rmse'] == 1
