import pytest
from mmengine.config import Config

from mtcp_mm.apis.inference_pipeline import build_pipeline, image_steps
from mtcp_mm.datasets.transforms import LoadImage, MultiTaskResize
from mtcp_mm.utils import ConfigError

LOAD, RESIZE, MAPS, PACK = (
    dict(type='LoadImage'),
    dict(type='MultiTaskResize', scale=(16, 12)),
    dict(type='LoadTaskMaps'),
    dict(type='PackMultiTaskInputs'),
)


def test_image_steps_of_a_loader_without_a_named_pipeline():
    pipeline = [dict(type='LoadImage'), dict(type='MultiTaskResize'), dict(type='LoadTaskMaps'), dict(type='Pack')]
    cfg = Config(dict(test_dataloader=dict(dataset=dict(pipeline=pipeline))))
    assert [step['type'] for step in image_steps(cfg)] == ['MultiTaskResize', 'Pack']


@pytest.mark.parametrize(
    'data',
    [
        dict(pipeline=[LOAD, RESIZE]),
        dict(dataset=dict(pipeline=[LOAD, RESIZE])),
        dict(datasets=[dict(dataset=dict(pipeline=[LOAD, RESIZE])), dict(pipeline=[PACK])]),
    ],
)
def test_images_are_prepared_as_in_testing(data):
    cfg = Config(dict(test_pipeline=[LOAD, PACK], test_dataloader=dict(dataset=data)))
    assert image_steps(cfg) == [RESIZE]
    for without in (dict(test_dataloader=None), dict(test_dataloader=dict(dataset=dict(type='Other')))):
        assert image_steps(Config(dict(without, test_pipeline=[LOAD, PACK]))) == [PACK]
        with pytest.raises(ConfigError, match='test_dataloader with a pipeline .* test_pipeline'):
            image_steps(Config(without))


@pytest.mark.parametrize(
    'steps',
    [
        [LOAD, RESIZE, PACK],
        [dict(type='LoadImageFromFile'), dict(type='Resize', scale=(16, 12)), MAPS, PACK],
        [LOAD, dict(type='MultiTaskRandomFlip'), MAPS, PACK],
        [RESIZE, dict(type='PhotoMetricDistortion'), PACK],
        [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations'), dict(type='PackSegInputs')],
    ],
)
def test_steps_that_predictions_undo_are_allowed(steps):
    assert build_pipeline(Config(dict(test_pipeline=steps))).transforms


def test_image_steps_are_recognized_by_their_class():
    class OwnReader(LoadImage):
        pass

    loading = [
        LoadImage,
        'mmseg.LoadImage',
        'mtcp_mm.datasets.transforms.LoadTaskMaps',
        'mmcv.LoadImageFromFile',
        OwnReader,
    ]
    others = [MultiTaskResize, 'mmseg.MultiTaskResize']
    steps = [dict(type=kind) for kind in [*loading, *others]]
    assert [step['type'] for step in image_steps(Config(dict(test_pipeline=steps)))] == others
