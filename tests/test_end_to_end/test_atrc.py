"""Protocol ``atrc``: random scale, crop, flip and colours in training; in testing the image padded to a canvas."""

import json

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmseg.registry import DATASETS, MODELS
from torch import Tensor, nn

CROP, CANVAS = (40, 56), (64, 96)
TRAIN = [
    dict(type='LoadImage'),
    dict(type='LoadTaskMaps'),
    dict(type='MultiTaskRandomScale', scales=(0.5, 2.0)),
    dict(type='MultiTaskRandomCrop', size=CROP, cat_max_ratio=0.75),
    dict(type='MultiTaskRandomFlip', prob=0.5),
    dict(type='PhotoMetricDistortion'),
    dict(type='PackMultiTaskInputs'),
]
TEST = [dict(type='LoadImage'), dict(type='LoadTaskMaps'), dict(type='PackMultiTaskInputs')]


@pytest.fixture
def make_atrc(make_config):
    """Writes the tiny config with the protocol's pipelines, and a canvas for testing."""

    def make(canvas: tuple[int, int] = CANVAS, **settings) -> str:
        protocol = {
            'train_dataloader.dataset.pipeline': TRAIN,
            'val_dataloader.dataset.pipeline': TEST,
            'test_dataloader.dataset.pipeline': TEST,
            'model.data_preprocessor.size': CROP,
            'model.data_preprocessor.test_cfg': dict(size=canvas),
            'val_evaluator.protocol': 'atrc',
            'test_evaluator.protocol': 'atrc',
        }
        return make_config('atrc', **protocol, **settings)

    return make


@pytest.mark.slow
def test_trains_and_is_scored(make_atrc, call, tmp_path):
    config = make_atrc(**{'train_cfg.max_epochs': 1, 'train_cfg.val_interval': 1})
    call('train', config, '--work-dir', tmp_path / 'run')
    scores = json.loads((tmp_path / 'run/metrics.json').read_text())
    assert scores['protocol'] == 'atrc'
    assert {'semseg/mIoU', 'depth/rmse', 'normals/mErr'} <= set(scores['network'])


def test_training_batches_have_the_crops_size_and_void_where_there_is_no_picture(make_atrc):
    np.random.seed(1)
    cfg = Config.fromfile(make_atrc())
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    model = MODELS.build(cfg.model)
    batch = model.data_preprocessor(pseudo_collate([dataset[i] for i in range(8)]), training=True)
    assert batch['inputs'].shape == (8, 3, *CROP)
    sizes = [sample.img_shape for sample in batch['data_samples']]
    assert len(set(sizes)) > 1
    for image, sample, (height, width) in zip(batch['inputs'], batch['data_samples'], sizes, strict=True):
        for task in model.tasks.values():
            target = sample.target(task.field)
            assert target.shape[-2:] == CROP
            valid = task.valid(target)
            assert not valid[:, height:].any() and not valid[:, :, width:].any() and valid.any()
        assert (image[:, height:] == 0).all() and (image[:, :, width:] == 0).all()


class Images(nn.Module):
    """Stands for a backbone: hands the images on, and keeps the last."""

    def forward(self, images: Tensor) -> tuple[Tensor]:
        self.last = images
        return (images,)


@pytest.mark.parametrize(('canvas', 'seen'), [(CANVAS, CANVAS), ((32, 80), (48, 80)), ((32, 32), (48, 64))])
def test_the_canvas_changes_no_prediction_of_a_pointwise_network(make_atrc, canvas, seen):
    """An image that is larger than the canvas is seen whole, at its own size."""
    cfg = Config.fromfile(make_atrc(canvas))
    dataset = DATASETS.build(cfg.val_dataloader.dataset)
    head = dict(type='MultiTaskHead', in_channels=3, channels=8)
    model = MODELS.build(cfg.model.to_dict() | dict(backbone=dict(type=Images), neck=None, decode_head=head)).eval()
    for conv in model.decode_head.convs.values():
        centre = conv.conv.weight.data[..., 1:2, 1:2].clone()
        conv.conv.weight.data.zero_()[..., 1:2, 1:2] = centre
    padded = model.test_step(pseudo_collate([dataset[0]]))[0]
    assert model.backbone.last.shape[-2:] == seen
    model.data_preprocessor.test_cfg = None
    plain = model.test_step(pseudo_collate([dataset[0]]))[0]
    for task in model.tasks.values():
        prediction = padded.prediction(task.field)
        assert prediction.shape == padded.target(task.field).shape == (task.target_channels, 48, 64)
        torch.testing.assert_close(prediction, plain.prediction(task.field), rtol=1e-5, atol=1e-5)
