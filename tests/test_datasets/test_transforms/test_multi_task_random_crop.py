import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mmengine.dataset import pseudo_collate

from mtcp_mm.datasets import PackMultiTaskInputs
from mtcp_mm.datasets.transforms import MultiTaskRandomCrop
from mtcp_mm.models.data_preprocessor import MultiTaskDataPreProcessor
from mtcp_mm.tasks import DepthMap

TASKS = [
    dict(type='DepthMap', name='depth'),
    dict(type='ClassMap', name='things', classes=[*'abc']),
    dict(type='ClassMap', name='parts', classes=[*'ab']),
]


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('size', [(24, 32), (40, 60), (1, 1), (64, 16)])
def test_image_and_maps_are_cropped_to_the_same_window(ramp, size, seed):
    np.random.seed(seed)
    before = dict(ramp)
    after = MultiTaskRandomCrop(size)(ramp)
    height, width = min(size[0], 40), min(size[1], 60)
    assert after['img_shape'] == after['pad_shape'] == after['img'].shape[:2] == (height, width)
    left, top = after['img'][0, 0, :2]
    window = slice(top, top + height), slice(left, left + width)
    for key in ('img', 'gt_sem_seg', 'gt_depth_map', 'gt_normals'):
        np.testing.assert_array_equal(after[key], before[key][window])


def test_windows_reach_every_corner(ramp):
    np.random.seed(0)
    corners = {tuple(MultiTaskRandomCrop((38, 57))(dict(ramp))['img'][0, 0, :2]) for _ in range(200)}
    assert corners == {(left, top) for left in range(4) for top in range(3)}


def sample(things: np.ndarray, **targets: np.ndarray) -> dict:
    return dict(img=np.zeros((*things.shape, 3), np.uint8), tasks=TASKS, gt_things=things, **targets)


def commonest_share(labels: np.ndarray) -> float:
    labels = labels[labels != 255]
    return max((labels == c).mean() for c in range(3)) if labels.size else 1


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999))
def test_windows_dominated_by_one_class_are_resampled(seed):
    """13 of 33 positions are good: the probability of ten bad ones in a row is 1 in 150."""
    np.random.seed(seed)
    things = np.zeros((8, 40), np.int16)
    things[:, 16:32] = np.arange(16) % 3
    things[:, 28:] = 255  # not labelled: counts for nothing
    crop = MultiTaskRandomCrop((8, 8), cat_max_ratio=0.6)
    after = [crop(sample(things))['gt_things'] for _ in range(3)]
    assert sum(commonest_share(labels) >= 0.6 for labels in after) <= 1
    any_window = MultiTaskRandomCrop((8, 8), cat_max_ratio=1)
    shares = [commonest_share(any_window(sample(things))['gt_things']) for _ in range(40)]
    assert max(shares) == 1


def test_the_first_loaded_class_map_decides():
    np.random.seed(0)
    one, many = np.zeros((4, 40), np.int16), np.tile(np.arange(40) % 2, (4, 1)).astype(np.int16)
    half = np.where(np.arange(40) < 20, one, many)
    crop = MultiTaskRandomCrop((4, 8), cat_max_ratio=0.75)
    for _ in range(20):
        after = crop(sample(half, gt_parts=one))
        assert commonest_share(after['gt_things']) < 0.75
    places = set()
    for _ in range(60):  # the second class map has no say
        after = crop(sample(many, gt_parts=np.where(np.arange(40) < 20, one, 1).astype(np.int16)))
        places.add(after['gt_parts'].mean())
    assert {0.0, 1.0} <= places


def test_a_custom_task_with_classes_decides_too():
    class Scenes(DepthMap):
        void, classes = -1, ('indoors', 'outdoors')

    np.random.seed(0)
    scenes = np.where(np.arange(40) < 20, 0, np.arange(40) % 2)[None].repeat(4, 0)
    crop = MultiTaskRandomCrop((4, 8), cat_max_ratio=0.75)
    for _ in range(20):
        results = dict(img=np.zeros((4, 40, 3), np.uint8), tasks=[dict(type=Scenes, name='scene')], gt_scene=scenes)
        assert crop(results)['gt_scene'].mean() > 0.25


def test_without_a_good_window_or_a_class_map_it_still_crops():
    void = np.full((9, 9), 255, np.int16)
    assert MultiTaskRandomCrop((4, 4))(sample(void))['gt_things'].shape == (4, 4)
    depth = dict(img=np.zeros((9, 9, 3), np.uint8), tasks=TASKS[:1], gt_depth=np.ones((9, 9), np.float32))
    assert MultiTaskRandomCrop((4, 4))(depth)['gt_depth'].shape == (4, 4)
    assert MultiTaskRandomCrop((4, 4))(dict(img=np.zeros((9, 9, 3), np.uint8)))['img'].shape == (4, 4, 3)


def test_the_data_preprocessor_pads_a_smaller_image_to_the_window(ramp, tasks):
    """Targets are padded with void, the image with the mean colour, which is 0 after normalisation."""
    ramp['img'] = np.maximum(ramp['img'], 1)
    packed = PackMultiTaskInputs()(MultiTaskRandomCrop((48, 32))(ramp))
    pad = MultiTaskDataPreProcessor(tasks, mean=[0.5] * 3, std=[1] * 3, size=(48, 32))
    batch = pad(pseudo_collate([packed]), training=True)
    assert batch['inputs'].shape == (1, 3, 48, 32)
    assert (batch['inputs'][0, :, 40:] == 0).all() and (batch['inputs'][0, :, :40] != 0).all()
    target = batch['data_samples'][0].target
    assert (target('sem_seg')[:, 40:] == 255).all() and (target('sem_seg')[:, :40] < 255).all()
    assert (target('depth_map')[:, 40:] == 0).all() and (target('depth_map')[:, :40] > 0).all()
    assert (target('normals')[:, 40:] == 0).all() and (target('normals')[:, :40] != 0).any()
