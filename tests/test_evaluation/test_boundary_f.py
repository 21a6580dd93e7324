import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mtcp_mm.evaluation import BoundaryF, MultiTaskMetric
from mtcp_mm.structures import MultiTaskDataSample
from mtcp_mm.tasks import BinaryMap

METRICS = [dict(type='BoundaryF', tolerance=0.1)]
TASK = BinaryMap('edge', metrics=METRICS)
SIZE = (6, 8)  # a diagonal of 10 pixels: a tolerance of 0.1 is one pixel


def tensor(values, *places, background=0.0):
    """A map (1, 6, 8) with a value at each of the places."""
    image = torch.full((1, *SIZE), background)
    for value, place in zip(values, places, strict=True):
        for y, x in place:
            image[0, y, x] = value
    return image


def hand_worked():
    """Two images. In the first the likely edges are right and the unlikely ones are not, in the second they are."""
    line = [(1, 1), (1, 2), (1, 3), (1, 4)]
    first = tensor([0.8, 0.2], [(0, 1), (0, 2), (1, 4)], [(5, 1), (5, 3), (5, 5), (5, 7)]), tensor([1], line)
    second = tensor([0.2], [(2, 1), (2, 2), (2, 3)]), tensor([1], [(2, 1), (2, 2), (2, 3)])
    return [first, second]


def pool(metric, maps):
    return metric.compute(sum(metric.process(*pair) for pair in maps))


@pytest.mark.parametrize('protocol', ['mti', 'atrc'])
def test_hand_worked_case_one_threshold_for_the_set(protocol):
    # up to 0.2: 6 matches of 10 predicted and 7 true pixels; up to 0.8: 3 of 3 and 7
    # each image at its best: 3 of 3 predicted (at 0.8), 3 of 3 (at 0.2)
    expected = {
        'odsF': 100 * 2 * 6 / (10 + 7),
        'precision': 100 * 6 / 10,
        'recall': 100 * 6 / 7,
        'threshold': 0.01,
        'oisF': 100 * 2 * 6 / (6 + 7),
    }
    scores = pool(BoundaryF(TASK, protocol, tolerance=0.1), hand_worked())
    assert scores == pytest.approx(expected)
    assert next(iter(scores)) == 'odsF'


def test_the_first_image_alone_is_best_above_its_false_edges():
    scores = pool(BoundaryF(TASK, tolerance=0.1), hand_worked()[:1])
    assert scores['odsF'] == scores['oisF'] == pytest.approx(100 * 6 / 7)
    assert (scores['precision'], scores['recall']) == (100, 75)
    assert scores['threshold'] == pytest.approx(0.21)


def test_several_processes_give_the_same_scores():
    rng = np.random.default_rng(0)
    prediction = torch.from_numpy(rng.random((1, 20, 30)).astype(np.float32))
    target = torch.from_numpy((rng.random((1, 20, 30)) < 0.2).astype(np.float32))
    alone, shared = (BoundaryF(TASK, workers=n, thresholds=9).process(prediction, target) for n in (0, 2))
    assert torch.equal(alone, shared) and alone[:9].max() > 0


@given(mask=arrays(bool, (12, 17), elements=st.booleans()))
@settings(max_examples=20, deadline=None)
def test_a_perfect_prediction_scores_100_however_thick(mask):
    assume(mask.any())
    target = torch.from_numpy(mask)[None].float()
    scores = pool(BoundaryF(TASK, thresholds=3), [(target, target)])
    assert (scores['odsF'], scores['precision'], scores['recall']) == (100, 100, 100)


@given(shift=st.integers(0, 8), upright=st.booleans())
@settings(max_examples=20, deadline=None)
def test_a_shifted_line_matches_fully_within_the_tolerance_and_not_at_all_beyond(shift, upright):
    target = torch.zeros(1, 30, 40)  # a diagonal of 50 pixels
    target[0, 10] = 1
    prediction = target.roll(shift, 1)
    maps = (prediction.mT, target.mT) if upright else (prediction, target)
    assert pool(BoundaryF(TASK, tolerance=0.08, thresholds=3), [maps])['odsF'] == (100 if shift <= 4 else 0)


def test_void_hides_predictions_and_edges():
    metric = BoundaryF(TASK, tolerance=0.1)
    prediction, target = hand_worked()[0]
    target[0, 4:] = 255
    prediction[0, 4:] = 0
    clean = metric.process(prediction, target)
    prediction[0, 4:] = torch.rand(2, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(metric.process(prediction, target), clean)
    assert metric.compute(clean)['precision'] == 100


def test_an_image_of_void_only_adds_nothing_and_alone_gives_nan():
    metric = BoundaryF(TASK, tolerance=0.1)
    sums = metric.process(torch.rand(1, *SIZE), torch.full((1, *SIZE), 255.0))
    assert not sums.any()
    assert all(np.isnan(value) for value in metric.compute(sums).values())


@pytest.mark.parametrize('value', [0.0, 1.0, np.nan])
def test_predictions_without_matches_score_0(value):
    target = tensor([])
    scores = pool(BoundaryF(TASK), [(torch.full_like(target, value), target)])
    assert (scores['odsF'], scores['oisF'], scores['recall']) == (0, 0, 0)


def test_non_maximum_suppression_separates_lines_that_a_threshold_would_merge():
    target = torch.zeros(1, 40, 60)
    target[0, [15, 22]] = 1
    distance = (torch.arange(40.0)[:, None] - torch.tensor([15.0, 22.0])).abs()
    profile = 0.9 * torch.exp(-((distance / 4) ** 2)).sum(1)
    prediction = profile.clamp(max=1)[None, :, None].expand(1, 40, 60)
    plain, parted = (
        pool(BoundaryF(TASK, tolerance=0.02, thresholds=1, nms=nms), [(prediction, target)]) for nms in (False, True)
    )
    assert plain['odsF'] < 50 and parted['odsF'] > 90


@pytest.mark.parametrize('fault', [dict(tolerance=0), dict(tolerance=5), dict(thresholds=0)])
def test_invalid_arguments_are_refused(fault):
    with pytest.raises(ValueError, match='positive'):
        BoundaryF(TASK, **fault)


def test_binary_tasks_are_reported_with_their_headlines(tmp_path):
    metric = MultiTaskMetric(single_task=dict(saliency=50.0, edge=50.0), out_dir=tmp_path)
    metric.dataset_meta = dict(
        tasks=[dict(type='BinaryMap', name='saliency'), dict(type='BinaryMap', name='edge', metrics=METRICS)]
    )
    for prediction, target in hand_worked():
        sample = MultiTaskDataSample(metainfo=dict(img_path='a.jpg'))
        for task in ('saliency', 'edge'):
            sample.set_prediction(task, prediction)
            sample.set_target(task, target)
        metric.process(None, [sample.to_dict()])
    scores = metric.evaluate(2)
    assert [key for key in scores][0] == 'saliency/maxF' and [key for key in scores][2] == 'edge/odsF'
    assert scores['edge/odsF'] == pytest.approx(100 * 12 / 17)
    gains = [scores[key] / 50 - 1 for key in ('saliency/maxF', 'edge/odsF')]
    assert scores['delta_m'] == pytest.approx(100 * sum(gains) / 2)


def test_an_image_without_a_valid_pixel_adds_zeros_and_starts_no_process():
    metric = BoundaryF(TASK, thresholds=3, workers=2)
    void = torch.full((1, 4, 5), 255.0)
    assert torch.equal(metric.process(torch.rand(1, 4, 5), void), torch.zeros(10, dtype=torch.float64))
    assert metric._pool is None
