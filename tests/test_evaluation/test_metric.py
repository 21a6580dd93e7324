import pytest
import torch

from mtcp_mm.evaluation import (
    AngularErrors,
    BoundaryF,
    DepthErrors,
    MaxF,
    MeanIoU,
    RegressionErrors,
    headline_directions,
)
from mtcp_mm.tasks import BinaryMap, RegressionMap
from mtcp_mm.utils import ConfigError

METRICS = {'semseg': MeanIoU, 'depth': DepthErrors, 'normals': AngularErrors}


@pytest.fixture(params=METRICS)
def task(request, tasks):
    """Each task in turn."""
    return tasks[request.param]


def pool(metric, maps):
    """Scores (prediction, target) pairs."""
    return metric.compute(sum(metric.process(*pair).double() for pair in maps))


@pytest.mark.parametrize('protocol', ['mti', 'atrc'])
def test_an_image_of_void_only_adds_nothing(task, protocol, make_sample):
    metric = METRICS[task.name](task, protocol)
    sample = make_sample(0)
    prediction, target = sample.prediction(task.field), sample.target(task.field)
    void = torch.full_like(target, task.void)
    assert not metric.process(prediction, void).any()
    assert pool(metric, [(prediction, target), (prediction, void)]) == pool(metric, [(prediction, target)])


@pytest.mark.parametrize('protocol', ['mti', 'atrc'])
def test_without_valid_pixels_every_score_is_nan(task, protocol, make_sample):
    metric = METRICS[task.name](task, protocol)
    prediction = make_sample(0).prediction(task.field)
    scores = pool(metric, [(prediction, torch.full_like(prediction, task.void))])
    assert all(value != value for value in scores.values())


def test_void_pixels_may_be_predicted_as_anything(task, make_sample):
    metric = METRICS[task.name](task)
    sample = make_sample(1)
    prediction, target = sample.prediction(task.field), sample.target(task.field)
    other = torch.where(task.valid(target), prediction, torch.zeros_like(prediction))
    assert not torch.equal(other, prediction)
    assert torch.equal(metric.process(prediction, target), metric.process(other, target))


def test_the_order_of_pixels_and_of_images_changes_nothing(task, make_sample):
    metric = METRICS[task.name](task)
    samples = [make_sample(seed) for seed in range(4)]
    maps = [(s.prediction(task.field), s.target(task.field)) for s in samples]
    order = torch.randperm(48, generator=torch.Generator().manual_seed(0))
    mixed = [tuple(m.flatten(1)[:, order].view_as(m) for m in pair) for pair in reversed(maps)]
    wide = [tuple(torch.cat(side, -1) for side in zip(*maps, strict=True))]
    expected = pytest.approx(pool(metric, maps), rel=1e-6)
    assert pool(metric, mixed) == expected
    assert pool(metric, wide) == expected


def test_an_unknown_protocol_is_refused_with_the_known_ones(task):
    with pytest.raises(ValueError, match='"mit" is not known; use one of mti, atrc'):
        METRICS[task.name](task, 'mit')


SUITABLE = {
    MeanIoU: {'semseg'},
    DepthErrors: {'depth'},
    RegressionErrors: {'depth', 'normals', 'albedo'},
    AngularErrors: {'normals'},
    MaxF: {'edge'},
    BoundaryF: {'edge'},
}


@pytest.mark.parametrize('name', ['semseg', 'depth', 'normals', 'edge', 'albedo'])
@pytest.mark.parametrize('metric', SUITABLE)
def test_a_metric_for_another_kind_of_map_is_refused(tasks, metric, name):
    task = (tasks | dict(edge=BinaryMap('edge'), albedo=RegressionMap('albedo')))[name]
    if name in SUITABLE[metric]:
        metric(task)
    else:
        with pytest.raises(ConfigError, match=f'metric {metric.__name__} of task "{name}", a {type(task).__name__}'):
            metric(task)


def test_each_headline_has_a_direction():
    directions = headline_directions()
    assert directions['maxF'] and directions['odsF'] and directions['mIoU']
    assert not directions['rmse'] and not directions['mErr']
