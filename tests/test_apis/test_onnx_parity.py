import math
from types import SimpleNamespace

import pytest
import torch

from mtcp_mm.apis.onnx_parity import difference, largest_differences, make_images, mean_differences, median_seconds
from mtcp_mm.tasks import build_tasks

TASKS = build_tasks(
    [
        dict(type='ClassMap', name='semseg', classes=('wall', 'floor', 'bed')),
        dict(type='DepthMap', name='depth', mean=2.5),
    ]
)


def test_difference_of_numbers_is_the_largest_of_any_pixel():
    logits = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    assert difference(TASKS['depth'], logits, torch.tensor([[[[1.0, 1.5, 3.25]]]])) == 0.5
    assert math.isnan(difference(TASKS['depth'], logits, torch.full_like(logits, math.nan)))


def test_difference_of_classes_is_that_of_their_scores():
    scores = torch.tensor([[4.0, 1.0], [3.75, 2.0], [0.0, 2.0]])[None, :, None]  # 3 classes, 1x2 pixels, a tie
    assert difference(TASKS['semseg'], scores, torch.tensor([[[[0, 1]]]])) == 0
    assert difference(TASKS['semseg'], scores, torch.tensor([[[[0, 2]]]])) == 0
    assert difference(TASKS['semseg'], scores, torch.tensor([[[[1, 1]]]])) == 0.25
    assert difference(TASKS['semseg'], scores, torch.tensor([[[[2, 1]]]])) == 4


@pytest.mark.parametrize('wrong', [torch.zeros(1, 1, 1, 1), torch.zeros(1, 1, 1, 3, dtype=torch.float64)])
def test_refuses_another_shape_or_type(wrong):
    with pytest.raises(ValueError, match='task "depth": the exported file gives'):
        difference(TASKS['depth'], torch.zeros(1, 1, 1, 3), wrong)


@pytest.mark.parametrize('wrong', [0.5, math.nan])
def test_largest_difference_of_both_batches(wrong):
    network = SimpleNamespace(
        tasks={'depth': TASKS['depth']}, logits=lambda images: {'depth': images.mean(1, keepdim=True)}
    )
    batches = []

    def run(images):
        batches.append(len(images))
        return {'depth': images.mean(1, keepdims=True) + (wrong if len(images) == 1 else 0)}

    found = largest_differences(network, run, (4, 6))['depth']
    assert batches == [1, 3]
    assert math.isnan(found) if math.isnan(wrong) else found == pytest.approx(wrong, abs=1e-3)


def test_mean_difference_of_numbers_and_share_of_other_classes():
    expected = dict(semseg=torch.tensor([[[[0, 1, 2, 2]]]]), depth=torch.tensor([[[[1.0, 2.0, 3.0, 4.0]]]]))
    found = dict(semseg=torch.tensor([[[[0, 1, 2, 0]]]]), depth=torch.tensor([[[[1.0, 2.5, 3.0, 3.5]]]]))

    class Network:
        tasks = TASKS

        def __call__(self, image):
            return expected

    runs = iter([expected, found])
    run = lambda image: {name: maps.numpy() for name, maps in next(runs).items()}  # noqa: E731
    images = [make_images(1, (4, 6)).numpy()] * 2
    assert mean_differences(Network(), run, images) == dict(semseg=0.125, depth=0.125)


def test_images_differ_and_are_within_8_bits():
    images = make_images(3, (24, 32))
    assert images.shape == (3, 3, 24, 32) and images.min() >= 0 and images.max() <= 255
    assert images.std() > 30 and not torch.equal(images[0], images[1])
    assert torch.equal(images, make_images(3, (24, 32)))


def test_the_first_run_is_not_timed():
    calls = []
    assert median_seconds(lambda: calls.append(0), 3) >= 0
    assert len(calls) == 4
