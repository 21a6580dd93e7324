import numpy as np
import pytest
from mmcv.transforms import BaseTransform
from mmengine.dataset import Compose
from mmseg.datasets.transforms import PhotoMetricDistortion, RandomFlip
from mmseg.registry import TRANSFORMS

from mtcp_mm.datasets import NYUDMultiTask
from mtcp_mm.datasets.transforms import LoadImage, TaskTransform
from mtcp_mm.datasets.transforms.pipeline_check import check_pipeline
from mtcp_mm.utils import ConfigError

LOAD, MAPS, PACK = (dict(type=step) for step in ('LoadImage', 'LoadTaskMaps', 'PackMultiTaskInputs'))
FLIP, RESIZE = dict(type='MultiTaskRandomFlip'), dict(type='MultiTaskResize', scale=(16, 12))
STOCK_FLIP, STOCK_RESIZE = dict(type='RandomFlip', prob=0.5), dict(type='Resize', scale=(16, 12))
PHOTO = dict(type='PhotoMetricDistortion')


def check(*steps, test_mode: bool = False) -> None:
    check_pipeline(Compose([TRANSFORMS.build(s) if isinstance(s, dict) else s for s in steps]), test_mode)


class Sharper(PhotoMetricDistortion):
    """A subclass of a stock transform."""


class Still(BaseTransform):
    moves_pixels = False

    def transform(self, results: dict) -> dict:
        return results


class Both(TaskTransform):
    def transform(self, results: dict) -> dict:
        return results


class RandomHorizontalFlip:
    """Like that of torchvision: not derived from a class of OpenMMLab."""

    def __call__(self, results: dict) -> dict:
        return results


@pytest.mark.parametrize(
    ('step', 'name', 'ours'),
    [
        (STOCK_FLIP, 'RandomFlip', 'MultiTaskRandomFlip'),
        (dict(STOCK_FLIP, type='mmseg.RandomFlip'), 'RandomFlip', 'MultiTaskRandomFlip'),
        (dict(STOCK_FLIP, type=RandomFlip), 'RandomFlip', 'MultiTaskRandomFlip'),
        (dict(type='RandomCrop', crop_size=(4, 4)), 'RandomCrop', 'MultiTaskRandomCrop'),
        (dict(type='CenterCrop', crop_size=4), 'CenterCrop', 'MultiTaskRandomCrop'),
        (dict(type='RandomRotate', prob=1, degree=9), 'RandomRotate', 'MultiTaskRandomRotateScale'),
        (dict(type='RandomRotFlip'), 'RandomRotFlip', 'MultiTaskRandomFlip'),
        (dict(type='RandomMosaic', prob=1, img_scale=(6, 8)), 'RandomMosaic', 'MultiTaskRandomZoom'),
        (STOCK_RESIZE, 'Resize', 'MultiTaskResize'),
        (dict(type='RandomResize', scale=(8, 8)), 'RandomResize', 'MultiTaskRandomScale'),
        (dict(type='Pad', size=(20, 20)), 'Pad', 'data preprocessor'),
        (dict(type='LoadAnnotations'), 'LoadAnnotations', 'LoadTaskMaps'),
        (dict(type='PackSegInputs'), 'PackSegInputs', 'PackMultiTaskInputs'),
        (dict(type='RandomApply', transforms=[PHOTO, STOCK_FLIP]), 'RandomFlip', 'MultiTaskRandomFlip'),
        (dict(type='RandomChoice', transforms=[[PHOTO], [STOCK_FLIP]]), 'RandomFlip', 'MultiTaskRandomFlip'),
        (dict(type='Compose', transforms=[PHOTO, STOCK_FLIP]), 'RandomFlip', 'MultiTaskRandomFlip'),
        (dict(type='TransformBroadcaster', transforms=[FLIP]), 'TransformBroadcaster', 'MultiTaskRandomFlip'),
        (RandomHorizontalFlip(), 'RandomHorizontalFlip', 'MultiTaskRandomFlip'),
        (lambda results: results, '<lambda>', 'MultiTaskRandomZoom'),
    ],
)
@pytest.mark.parametrize('test_mode', [False, True])
def test_transforms_that_move_only_the_image_are_refused_by_name(step, name, ours, test_mode):
    with pytest.raises(ConfigError, match=rf'{name} in the pipeline .*use .*{ours}'):
        check(LOAD, MAPS, step, PACK, test_mode=test_mode)


@pytest.mark.parametrize(
    'step',
    [
        FLIP, RESIZE, PHOTO, Sharper(), Still(), Both(),
        dict(type='Normalize', mean=[1] * 3, std=[1] * 3),
        dict(type='RandomApply', transforms=[PHOTO, FLIP]),
        dict(type='RandomChoice', transforms=[[FLIP], [PHOTO]]),
        dict(type='TransformBroadcaster', transforms=[PHOTO]),
    ],
)  # fmt: skip
def test_transforms_that_move_both_or_nothing_are_accepted(step):
    check(LOAD, MAPS, step, PACK)


@pytest.mark.parametrize('step', [RESIZE, STOCK_RESIZE, FLIP, STOCK_FLIP, PHOTO, dict(type='LoadImageFromFile')])
def test_in_testing_the_image_may_be_resized_and_flipped_before_loading_maps(step):
    check(LOAD, step, MAPS, PACK, test_mode=True)


@pytest.mark.parametrize(
    ('steps', 'test_mode', 'says'),
    [
        ([LOAD, FLIP, MAPS, PACK], False, 'MultiTaskRandomFlip is before LoadTaskMaps'),
        ([LOAD, STOCK_FLIP, MAPS, PACK], False, 'RandomFlip in the pipeline'),
        ([LOAD, dict(type='CenterCrop', crop_size=4), MAPS, PACK], True, 'CenterCrop in the pipeline'),
        ([LOAD, dict(type='MultiTaskRandomZoom'), MAPS, PACK], True, 'MultiTaskRandomZoom is before LoadTaskMaps'),
        ([LOAD, MAPS, FLIP, PACK], True, 'MultiTaskRandomFlip is after LoadTaskMaps'),
        ([LOAD, MAPS, FLIP, MAPS, PACK], False, 'two LoadTaskMaps'),
        ([LOAD, FLIP, PACK], False, 'MultiTaskRandomFlip is before|loads no maps'),
        ([LOAD, PACK], False, 'loads no maps'),
        ([LOAD, RESIZE, PACK], True, 'loads no maps'),
        ([LOAD, dict(type='RandomApply', transforms=[STOCK_FLIP]), MAPS, PACK], False, 'RandomFlip in the pipeline'),
    ],
)
def test_transforms_in_the_wrong_place_are_refused(steps, test_mode, says):
    with pytest.raises(ConfigError, match=says):
        check(*steps, test_mode=test_mode)


def test_each_branch_of_test_time_augmentation_is_checked():
    flips = [dict(FLIP, prob=0.0), dict(FLIP, prob=1.0)]
    check(LOAD, dict(type='TestTimeAug', transforms=[flips, [MAPS], [PACK]]), test_mode=True)
    with pytest.raises(ConfigError, match='RandomFlip'):
        check(LOAD, dict(type='TestTimeAug', transforms=[[MAPS], [STOCK_FLIP], [PACK]]), test_mode=True)


@pytest.mark.parametrize('step', [RESIZE, STOCK_RESIZE])
def test_a_validation_data_set_needs_no_test_mode(step):
    check(LOAD, step, MAPS, PACK)


def test_upright_false_needs_a_loader_that_supports_it(nyud, tasks):
    class OwnLoader(LoadImage):
        """A subclass of our loader."""

    NYUDMultiTask(nyud, 'train', tasks, pipeline=[OwnLoader(), MAPS, PACK], upright=False)
    for kind in ('LoadImageFromFile', 'mmcv.LoadImageFromFile'):
        pipeline = [dict(type=kind), MAPS, PACK]
        NYUDMultiTask(nyud, 'train', tasks, pipeline=pipeline)
        with pytest.raises(ConfigError, match='upright=False, and LoadImageFromFile .* use LoadImage'):
            NYUDMultiTask(nyud, 'train', tasks, pipeline=pipeline, upright=False)


def test_a_custom_loader_may_come_first():
    check(lambda results: results, MAPS, FLIP, PACK)


@pytest.mark.parametrize('lazy_init', [False, True])
def test_a_data_set_checks_its_pipeline_when_it_is_built(nyud, tasks, lazy_init):
    with pytest.raises(ConfigError, match='RandomFlip'):
        NYUDMultiTask(nyud, 'train', tasks, pipeline=[LOAD, MAPS, STOCK_FLIP, PACK], lazy_init=lazy_init)
    data = NYUDMultiTask(nyud, 'val', tasks, pipeline=[LOAD, STOCK_RESIZE, MAPS, PACK], test_mode=True)
    with pytest.raises(ConfigError, match='RandomFlip'):  # as a hook does that changes it between epochs
        data.pipeline = Compose([TRANSFORMS.build(step) for step in (LOAD, MAPS, STOCK_FLIP, PACK)])
    sample = data[0]
    assert sample['inputs'].shape == (3, 12, 16) and np.isfinite(sample['inputs'].numpy()).all()
