import numpy as np
import pytest
import torch

from mtcp_mm.evaluation import MaxF
from mtcp_mm.tasks import BinaryMap

TASK = BinaryMap('saliency')


def pool(metric, maps):
    """Scores (prediction, target) pairs given as nested lists or arrays."""
    tensors = [[torch.as_tensor(np.array(values, np.float32)) for values in pair] for pair in maps]
    return metric.compute(sum(metric.process(*pair) for pair in tensors))


def numpy_mti(maps):
    """The formulas of Multi-Task-Learning-PyTorch written out."""
    rows = []
    for p, t in maps:
        p, t = p[t != 255].astype(np.float32), t[t != 255] == 1
        for threshold in np.linspace(0.2, 0.9, 15).astype(np.float32):
            m = p > threshold
            hits = (m & t).sum()
            union = (m | t).sum()
            rows.append((hits / (m.sum() + 1e-12), hits / (t.sum() + 1e-12), hits / union if union else 1))
    precision, recall, overlap = np.array(rows).reshape(len(maps), 15, 3).mean(0).T
    return {'maxF': 100 * (2 * precision * recall / (precision + recall)).max(), 'mIoU': 100 * overlap.max()}


def numpy_atrc(maps):
    """The formulas of ATRC written out."""
    p = np.concatenate([p[t != 255] for p, t in maps]).astype(np.float32)
    t = np.concatenate([t[t != 255] for _, t in maps]) == 1
    scores = []
    for threshold in np.arange(0.05, 1, 0.05).astype(np.float32):
        m = p >= threshold
        precision, recall = (m & t).sum() / m.sum(), (m & t).sum() / t.sum()
        scores.append(1.3 * precision * recall / (0.3 * precision + recall))
    m = p >= 0.5
    return {'maxF': 100 * np.max(scores), 'mIoU': 100 * (m & t).sum() / (m | t).sum()}


@pytest.mark.parametrize(('protocol', 'formulas'), [('mti', numpy_mti), ('atrc', numpy_atrc)])
def test_equals_the_formulas(protocol, formulas):
    rng = np.random.default_rng(0)
    maps = []
    for share in (0.1, 0.5, 0.9):
        target = (rng.random((1, 20, 30)) < share).astype(np.float32)
        prediction = np.clip(0.3 * target + rng.uniform(0, 0.7, target.shape), 0, 1)
        target[rng.random(target.shape) < 0.3] = 255
        maps.append((prediction, target))
    assert pool(MaxF(TASK, protocol), maps) == pytest.approx(formulas(maps), rel=1e-6)


def test_mti_averages_over_images_where_atrc_pools():
    small = ([[[0.8, 0.0]]], [[[1, 0]]])  # all right
    large = ([[[0.8] * 4 + [0.1] * 4]], [[[1, 0, 0, 0] + [1] + [0] * 3]])  # precision 1/4, recall 1/2, IoU 1/5
    # mti: P = (1 + 1/4) / 2, R = (1 + 1/2) / 2; at no threshold is it any better
    precision, recall = 5 / 8, 3 / 4
    expected = {'maxF': 200 * precision * recall / (precision + recall), 'mIoU': 100 * (1 + 1 / 5) / 2}
    assert pool(MaxF(TASK), [small, large]) == pytest.approx(expected)
    # atrc: of 3 positives 2 are hit by 5 pixels at 0.5; all 3 by 9 at 0.05
    scores = [1.3 * p * r / (0.3 * p + r) for p, r in ((2 / 5, 2 / 3), (3 / 9, 1))]
    assert pool(MaxF(TASK, 'atrc'), [small, large]) == pytest.approx({'maxF': 100 * max(scores), 'mIoU': 100 * 2 / 6})


def test_without_positive_pixels():
    empty = ([[[0.1, 0.1]]], [[[0, 0]]])
    right = ([[[1.0, 0.0]]], [[[1, 0]]])
    assert pool(MaxF(TASK), [empty]) == pytest.approx({'maxF': 0, 'mIoU': 100})
    assert pool(MaxF(TASK), [empty, right]) == pytest.approx({'maxF': 50, 'mIoU': 100})
    assert pool(MaxF(TASK, 'atrc'), [empty]) == {'maxF': 0, 'mIoU': 0}


@pytest.mark.parametrize('protocol', ['mti', 'atrc'])
def test_a_perfect_prediction_scores_100_and_void_counts_for_nothing(protocol):
    metric = MaxF(TASK, protocol)
    right = ([[[1.0, 0.0, 1.0]]], [[[1, 0, 255]]])
    void = ([[[1.0, 0.5]]], [[[255, 255]]])
    assert pool(metric, [right, void]) == pytest.approx({'maxF': 100, 'mIoU': 100})
    assert not metric.process(*(torch.tensor(values) for values in void)).any()
    assert all(np.isnan(value) for value in pool(metric, [void]).values())


def test_a_diverged_network_scores_0():
    assert pool(MaxF(TASK, 'atrc'), [([[[np.nan, np.nan]]], [[[1, 0]]])]) == {'maxF': 0, 'mIoU': 0}


def test_atrc_counts_values_equal_to_a_threshold():
    scores = pool(MaxF(TASK, 'atrc'), [([[[0.5, 0.49]]], [[[1, 0]]])])
    assert scores == pytest.approx({'maxF': 100, 'mIoU': 100})


def test_mti_counts_only_values_above_a_threshold():
    assert pool(MaxF(TASK), [([[[0.2]]], [[[1]]])]) == {'maxF': 0, 'mIoU': 0}
    assert pool(MaxF(TASK), [([[[0.21]]], [[[1]]])]) == pytest.approx({'maxF': 100, 'mIoU': 100})
