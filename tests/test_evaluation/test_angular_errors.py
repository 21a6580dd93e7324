import numpy as np
import pytest
import torch

from mtcp_mm.evaluation import AngularErrors


def numpy_angles(p, g, protocol):
    """The formulas written out, on unit vectors (3, N)."""
    p, g = p.astype(np.float64), g.astype(np.float64)
    if protocol == 'atrc':
        return np.degrees(2 * np.arctan2(np.linalg.norm(p - g, axis=0), np.linalg.norm(p + g, axis=0)))
    return np.degrees(np.arccos(np.clip((p * g).sum(0), -1, 1)))


def rotated(degrees):
    """Returns a target (3, 1, N) of z axes and predictions that are so many degrees off."""
    angle = torch.deg2rad(torch.tensor([degrees], dtype=torch.float64))
    prediction = torch.stack([angle.sin(), 0 * angle, angle.cos()])
    return prediction, torch.tensor([0.0, 0, 1]).double()[:, None, None].expand_as(prediction)


@pytest.mark.parametrize('protocol', ['mti', 'atrc'])
def test_equals_the_formulas_over_all_valid_pixels(tasks, make_sample, protocol):
    metric = AngularErrors(tasks['normals'], protocol)
    samples = [make_sample(seed) for seed in range(5)]
    total = sum(metric.process(s.prediction('normals'), s.target('normals')).double() for s in samples)
    p, g = (
        np.concatenate([getattr(s, method)('normals').flatten(1).numpy() for s in samples], 1)
        for method in ('prediction', 'target')
    )
    angles = numpy_angles(p, g, protocol)[(g != 0).any(0)]
    scores = metric.compute(total)
    assert scores.pop('median') == pytest.approx(np.quantile(angles, 0.5, method='lower'), abs=0.0051)
    assert scores == pytest.approx({
        'mErr': angles.mean(),
        'rmse': np.sqrt((angles**2).mean()),
        '11.25': 100 * (angles < 11.25).mean(),
        '22.5': 100 * (angles < 22.5).mean(),
        '30': 100 * (angles < 30).mean(),
    }, rel=1e-6)  # fmt: skip


@pytest.mark.parametrize('protocol', ['mti', 'atrc'])
def test_hand_worked_case(tasks, protocol):
    metric = AngularErrors(tasks['normals'], protocol)
    scores = metric.compute(metric.process(*rotated([0.0, 11.0, 12.0, 25.0, 180.0])))
    assert scores == pytest.approx({
        'mErr': 45.6,
        'median': 12,
        'rmse': np.sqrt((121 + 144 + 625 + 32400) / 5),
        '11.25': 40,
        '22.5': 60,
        '30': 80,
    }, rel=1e-6)  # fmt: skip


def test_the_protocols_agree_on_unit_vectors(tasks):
    maps = rotated(np.linspace(0, 180, 37).tolist())
    mti, atrc = (AngularErrors(tasks['normals'], protocol) for protocol in ('mti', 'atrc'))
    assert mti.compute(mti.process(*maps)) == pytest.approx(atrc.compute(atrc.process(*maps)), rel=1e-6)


@pytest.mark.parametrize('protocol', ['mti', 'atrc'])
def test_a_perfect_prediction_in_float32_has_no_error(tasks, make_sample, protocol):
    metric = AngularErrors(tasks['normals'], protocol)
    target = make_sample(0).target('normals')
    assert metric.compute(metric.process(target, target)) == pytest.approx(
        {'mErr': 0, 'median': 0, 'rmse': 0, '11.25': 100, '22.5': 100, '30': 100}, abs=1e-5
    )


@pytest.mark.parametrize('protocol', ['mti', 'atrc'])
def test_only_the_direction_counts_and_a_zero_vector_is_90_degrees_off(tasks, protocol):
    metric = AngularErrors(tasks['normals'], protocol)
    prediction, target = rotated([20.0, 40.0])
    assert torch.equal(metric.process(3 * prediction, target), metric.process(prediction, target))
    assert metric.compute(metric.process(0 * prediction, target))['mErr'] == pytest.approx(90)


def test_a_diverged_network_shows_as_nan_and_does_not_crash(tasks):
    metric = AngularErrors(tasks['normals'])
    prediction, target = rotated([1.0, 2.0])
    sums = metric.process(prediction * torch.nan, target)
    assert np.isnan(metric.compute(sums)['mErr']) and sums.shape == metric.process(prediction, target).shape


@pytest.mark.parametrize('protocol', ['mti', 'atrc'])
def test_an_angle_at_the_limit_is_not_within_it(tasks, protocol):
    class Wide(AngularErrors):
        limits = (45, 90, 180)

    metric = Wide(tasks['normals'], protocol)
    x, y = torch.eye(3)[:2, :, None, None]
    assert metric.compute(metric.process(x, y))['90'] == 0 and metric.compute(metric.process(x, y))['180'] == 100
    assert metric.compute(metric.process(x, -x))['180'] == 0
