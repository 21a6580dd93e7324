import copy

import numpy as np
import pytest
from mmengine.dataset import Compose
from mmseg.registry import TRANSFORMS

from mtcp_mm.datasets import LoadTaskMaps, MultiTaskRandomFlip, MultiTaskResize, NYUDMultiTask, PackMultiTaskInputs
from mtcp_mm.datasets.transforms import (
    MultiTaskRandomCrop,
    MultiTaskRandomRotateScale,
    MultiTaskRandomZoom,
    TaskTransform,
)
from mtcp_mm.utils import ConfigError

FLIP = dict(type='RandomFlip', prob=1.0)
MOVES = {
    'mirrored': FLIP,
    'upside down': dict(FLIP, direction='vertical'),
    'cut': dict(type='RandomCrop', crop_size=(8, 8)),
    'cut in the middle': dict(type='CenterCrop', crop_size=(8, 8)),
    'larger': dict(type='Resize', scale=(32, 24)),
    'padded': dict(type='Pad', size=(20, 20)),
    'turned': dict(type='RandomRotate', prob=1.0, degree=(90, 90)),
    'turned and mirrored': dict(type='RandomRotFlip', rotate_prob=1.0, flip_prob=0.0, degree=(10, 20)),
}
UNSEEN_WITHOUT_LOADING = ('turned', 'turned and mirrored')
"""Transforms that keep the size and record nothing."""


@pytest.fixture
def entry(nyud, tasks):
    info = NYUDMultiTask(nyud, 'train', tasks).get_data_info(0)
    return TRANSFORMS.build(dict(type='LoadImage'))(info)


@pytest.mark.parametrize('move', MOVES)
@pytest.mark.parametrize('before', [[], ['MultiTaskRandomFlip'], ['PhotoMetricDistortion']])
def test_packing_detects_transforms_that_moved_only_the_image(entry, move, before):
    first = [TRANSFORMS.build(dict(type=name, **(dict(prob=1) if 'Flip' in name else {}))) for name in before]
    pipeline = Compose([LoadTaskMaps(), *first, TRANSFORMS.build(MOVES[move]), PackMultiTaskInputs()])
    with pytest.raises(ConfigError, match=r'0001\.jpg: before PackMultiTaskInputs the image was .*MultiTaskRandomFlip'):
        pipeline(entry)


@pytest.mark.parametrize('move', sorted(MOVES.keys() - {*UNSEEN_WITHOUT_LOADING}))
def test_misalignment_is_detected_in_custom_samples(ramp, move):
    step = TRANSFORMS.build(dict(MOVES[move], size=(64, 64)) if move == 'padded' else MOVES[move])
    with pytest.raises(ConfigError, match='before PackMultiTaskInputs the image was'):
        PackMultiTaskInputs()(step(ramp))


def test_misalignment_is_detected_by_the_next_task_transform(entry):
    """A second flip would overwrite the record of the first."""
    pipeline = Compose([LoadTaskMaps(), TRANSFORMS.build(FLIP), MultiTaskRandomFlip(1.0)])
    with pytest.raises(ConfigError, match='before MultiTaskRandomFlip the image was flipped'):
        pipeline(entry)


def test_misalignment_is_detected_in_copied_and_mixed_samples(entry):
    mosaic = TRANSFORMS.build(dict(type='RandomMosaic', prob=1.0, img_scale=(6, 8)))
    loaded = LoadTaskMaps()(entry)
    mixed = mosaic(dict(copy.deepcopy(loaded), mix_results=[copy.deepcopy(loaded) for _ in range(3)]))
    assert mixed['img'].shape == loaded['img'].shape
    with pytest.raises(ConfigError, match='the image was moved'):
        PackMultiTaskInputs()(mixed)


def test_colours_may_change(entry):
    steps = (
        dict(type='PhotoMetricDistortion'),
        dict(type='CLAHE'),
        dict(type='RandomGrayscale', prob=1.0, keep_channels=True),
    )
    pipeline = Compose([LoadTaskMaps(), MultiTaskRandomFlip(1.0), *map(TRANSFORMS.build, steps), PackMultiTaskInputs()])
    assert pipeline(entry)['data_samples'].target('depth_map').shape == (1, 12, 16)


@pytest.mark.parametrize('resize', [dict(type='Resize', scale=(32, 24)), dict(type='MultiTaskResize', scale=(32, 24))])
def test_in_testing_maps_keep_their_size(entry, resize):
    packed = Compose([TRANSFORMS.build(resize), LoadTaskMaps(), PackMultiTaskInputs()])(copy.deepcopy(entry))
    assert packed['inputs'].shape == (3, 24, 32) and packed['data_samples'].target('depth_map').shape == (1, 12, 16)
    late = Compose([TRANSFORMS.build(resize), LoadTaskMaps(), TRANSFORMS.build(FLIP), PackMultiTaskInputs()])
    with pytest.raises(ConfigError, match='flipped'):
        late(entry)


@pytest.mark.parametrize(
    'step', [MultiTaskRandomZoom((1.5,)), MultiTaskRandomCrop((4, 4)), MultiTaskRandomRotateScale()]
)
def test_maps_of_another_size_cannot_be_cropped_or_rotated(entry, step):
    with pytest.raises(ConfigError, match=r'needs maps of the image size \(24, 32\) .* one has \(12, 16\)'):
        Compose([MultiTaskResize((32, 24)), LoadTaskMaps(), step])(entry)


def test_a_task_transform_that_forgets_the_maps_is_named(entry):
    class Halve(TaskTransform):
        def transform(self, results: dict) -> dict:
            results['img'] = results['img'][::2, ::2]
            return results

    with pytest.raises(ConfigError, match=r'Halve made the image \(6, 8\).*the maps \(12, 16\).*change_targets'):
        Compose([LoadTaskMaps(), Halve()])(entry)


def test_a_task_transform_may_move_the_image_by_a_stock_one(entry):
    class Turn(TaskTransform):
        def transform(self, results: dict) -> dict:
            results = TRANSFORMS.build(MOVES['turned'])(results)
            self.change_targets(results, lambda task, target: target)
            return results

    Compose([LoadTaskMaps(), Turn(), PackMultiTaskInputs()])(entry)


def test_a_task_may_use_the_key_of_the_coordinate_map(ramp):
    tasks = [dict(type='DepthMap', name='depth', field='seg_map')]
    depth = ramp['gt_depth_map']
    sample = dict(img=ramp['img'], tasks=tasks, gt_seg_map=depth)
    packed = Compose([MultiTaskRandomFlip(1.0), MultiTaskResize((60, 40)), PackMultiTaskInputs()])(sample)
    np.testing.assert_array_equal(packed['data_samples'].target('seg_map')[0], depth[:, ::-1])


@pytest.mark.parametrize('direction', [None, 'vertical'])
def test_a_mirrored_image_that_is_mirrored_again_alone_is_noticed_by_its_report(ramp, direction):
    tasks = [dict(type='DepthMap', name='depth', field='seg_map')]  # in the place of the witness
    sample = MultiTaskRandomFlip(1.0)(dict(img=ramp['img'], tasks=tasks, gt_seg_map=ramp['gt_depth_map']))
    sample.update(flip=direction is not None, flip_direction=direction)
    with pytest.raises(ConfigError, match=rf'\({direction}\)'):
        PackMultiTaskInputs()(sample)


@pytest.mark.parametrize('size', [(40, 60), (20, 30)])
def test_maps_of_two_sizes_are_not_packed(ramp, size):
    ramp['img'] = ramp['img'][: size[0], : size[1]]
    ramp['gt_depth_map'] = ramp['gt_depth_map'][:20, :30]
    with pytest.raises(ConfigError, match=r'\(20, 30\).*\(height, width\)'):
        PackMultiTaskInputs()(ramp)


def test_maps_are_loaded_once(entry):
    with pytest.raises(ConfigError, match='loaded before'):
        Compose([LoadTaskMaps(), LoadTaskMaps()])(entry)


def test_samples_without_loaded_maps_are_not_packed(entry):
    with pytest.raises(ConfigError, match='no map of any task was loaded'):
        PackMultiTaskInputs()(entry)


def test_only_flips_that_are_undone_are_packed():
    image = dict(img=np.zeros((4, 4, 3), np.uint8), flip=True, flip_direction='vertical')
    with pytest.raises(ConfigError, match='vertical'):
        PackMultiTaskInputs()(image)
    assert PackMultiTaskInputs()(dict(image, flip_direction='horizontal'))['data_samples'].flip
