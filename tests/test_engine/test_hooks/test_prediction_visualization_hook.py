from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmseg.registry import DATASETS, MODELS
from PIL import Image
from torch.utils.data import Dataset

from mtcp_mm.engine.hooks import PredictionVisualizationHook
from mtcp_mm.structures import MultiTaskDataSample

pytestmark = pytest.mark.usefixtures('torchvision')  # whose version MMEngine's runner wants to log

TASKS = [dict(type='DepthMap', name='depth', field='depth_map')]


class Images(Dataset):
    metainfo = dict(tasks=TASKS)

    def __init__(self, folder, count):
        self.files = [f'{folder}/{i}.png' for i in range(count)]
        for file in self.files:
            Image.fromarray(np.zeros((6, 8, 3), np.uint8)).save(file)

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        sample = MultiTaskDataSample(metainfo=dict(img_path=self.files[index]))
        sample.set_target('depth_map', torch.ones(1, 6, 8))
        return dict(inputs=torch.ones(3, 6, 8), data_samples=sample)


class Constant(BaseModel):
    def __init__(self):
        super().__init__()
        self.depth = torch.nn.Parameter(torch.tensor(2.0))

    def forward(self, inputs, data_samples=None, mode='tensor'):
        if mode == 'loss':
            return dict(loss_depth=(self.depth - 1) ** 2)
        for sample in data_samples:
            sample.set_prediction('depth_map', self.depth.detach().expand(1, 6, 8))
        return data_samples


@pytest.fixture
def make_runner(tmp_path):
    MODELS.register_module(module=Constant, force=True)
    DATASETS.register_module(module=Images, force=True)

    def make(hook, **kwargs):
        loader = dict(
            dataset=Images(tmp_path, 5), batch_size=2, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False)
        )
        return Runner(
            model=Constant(), work_dir=str(tmp_path / 'work'), train_dataloader=loader, val_dataloader=loader,
            test_dataloader=loader, train_cfg=dict(by_epoch=True, max_epochs=3), val_cfg={}, test_cfg={},
            val_evaluator=[], test_evaluator=[], optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
            custom_hooks=[hook], default_scope='mmseg', experiment_name=f'panels_{id(hook)}',
            visualizer=dict(
                type='MultiTaskVisualizer', name=f'panels_{id(hook)}',
                vis_backends=[dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')],
            ), **kwargs,
        )  # fmt: skip

    return make


def written(folder):
    return sorted(path.name for path in folder.glob('work/*/vis_data/vis_image/*.png'))


def test_draws_the_same_images_each_interval_and_at_the_end(make_runner, tmp_path):
    make_runner(dict(type='PredictionVisualizationHook', count=3, interval=2)).train()
    assert written(tmp_path) == [f'val_{image}_{epoch}.png' for image in (0, 2, 4) for epoch in (2, 3)]
    events = list(tmp_path.glob('work/*/vis_data/events.out.tfevents*'))
    assert b'val_4' in b''.join(path.read_bytes() for path in events)


def test_validation_alone_is_drawn_at_step_zero(make_runner, tmp_path):
    runner = make_runner(dict(type='PredictionVisualizationHook', count=1))
    runner.val()
    assert written(tmp_path) == ['val_0_0.png']


def test_test_panels_go_to_their_folder(make_runner, tmp_path):
    make_runner(dict(type='PredictionVisualizationHook', count=9, test_dir='panels')).test()
    assert sorted(path.name for path in (tmp_path / 'work' / 'panels').iterdir()) == [f'{i}.png' for i in range(5)]
    assert written(tmp_path) == []


def test_counts_iterations_where_there_are_no_epochs():
    hook = PredictionVisualizationHook(interval=100, by_epoch=False)
    hook.before_train(None)
    times = [hook._step(SimpleNamespace(iter=iteration, max_iters=250)) for iteration in (100, 150, 250)]
    assert times == [100, None, 250]


@pytest.mark.parametrize('kwargs', [dict(count=0), dict(interval=0)])
def test_refuses_counts_below_one(kwargs):
    with pytest.raises(ValueError, match='both must be at least 1'):
        PredictionVisualizationHook(**kwargs)
