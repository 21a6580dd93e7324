import numpy as np
import pytest
import torch

from mtcp_mm.evaluation import MeanIoU
from mtcp_mm.tasks import ClassMap


def test_hand_worked_case_with_an_absent_class_that_counts_0():
    metric = MeanIoU(ClassMap('parts', classes=['a', 'b', 'c', 'never']), per_class=True)
    target = torch.tensor([[[0, 0, 1], [1, 2, 255]]])
    prediction = torch.tensor([[[0, 1, 1], [1, 0, 2]]])
    # a: 1 of 3, b: 2 of 3, c: 0 of 1 (its hit is void), never: 0
    assert metric.compute(metric.process(prediction, target)) == pytest.approx(
        {
            'mIoU': 100 * (1 / 3 + 2 / 3 + 0 + 0) / 4,
            'pixel_acc': 60,
            'IoU.a': 100 / 3,
            'IoU.b': 200 / 3,
            'IoU.c': 0,
            'IoU.never': 0,
        }
    )


def test_counts_are_pooled_over_images_not_averaged(tasks, make_sample):
    metric = MeanIoU(tasks['semseg'])
    samples = [make_sample(seed) for seed in range(5)]
    total = sum(metric.process(s.prediction('sem_seg'), s.target('sem_seg')) for s in samples)
    predicted, labels = (
        np.concatenate([getattr(s, method)('sem_seg').numpy().ravel() for s in samples])
        for method in ('prediction', 'target')
    )
    valid = labels != 255
    iou = [
        (valid & (predicted == c) & (labels == c)).sum() / (valid & ((predicted == c) | (labels == c))).sum()
        for c in range(5)
    ]
    expected = {'mIoU': 100 * np.mean(iou), 'pixel_acc': 100 * (predicted == labels)[valid].mean()}
    assert metric.compute(total) == pytest.approx(expected)


def test_a_perfect_prediction_scores_100():
    metric = MeanIoU(ClassMap('parts', classes=['a', 'b']))
    target = torch.tensor([[[0, 1, 255]]])
    assert metric.compute(metric.process(target.clamp(max=1), target)) == {'mIoU': 100, 'pixel_acc': 100}


def test_a_prediction_outside_the_classes_is_wrong():
    metric = MeanIoU(ClassMap('parts', classes=['a', 'b']))
    total = metric.process(torch.tensor([[[0, 7]]]), torch.tensor([[[0, 1]]]))
    assert metric.compute(total) == {'mIoU': 50, 'pixel_acc': 50}


def test_counts_of_many_pixels_stay_exact():
    metric = MeanIoU(ClassMap('parts', classes=['a', 'b']))
    one = metric.process(torch.tensor([[[0, 1]]]), torch.tensor([[[0, 0]]]))
    assert one.dtype == torch.int64
    total = one.double() * 10**9 + one
    assert metric.compute(total)['mIoU'] == pytest.approx(25)


def test_the_mean_over_named_classes():
    task = ClassMap('semseg', classes=['a', 'b', 'c'])
    prediction, target = torch.tensor([[[0, 0, 1, 1]]]), torch.tensor([[[0, 1, 1, 1]]])
    metric = MeanIoU(task, classes=['a', 'b'])
    # a: 1 of 2, b: 2 of 3; c occurs nowhere and is not asked for
    scores = metric.compute(metric.process(prediction, target).double())
    assert scores['mIoU'] == pytest.approx(100 * (1 / 2 + 2 / 3) / 2)
    with pytest.raises(ValueError, match='sofa'):
        MeanIoU(task, classes=['sofa'])


@pytest.mark.parametrize('classes', [[], 'a', ['a', 'a']])
def test_an_invalid_list_of_classes_is_refused(classes):
    with pytest.raises(ValueError, match='classes .* of MeanIoU of task "semseg"'):
        MeanIoU(ClassMap('semseg', classes=['a', 'b', 'c']), classes=classes)
