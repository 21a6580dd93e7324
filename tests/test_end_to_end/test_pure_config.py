"""MMEngine's pure Python configs, whose types are classes."""

import json

import numpy as np
import pytest
from mmengine.config import Config

from mtcp_mm.apis import MultiTaskInferencer
from mtcp_mm.apis.export import ExportableNetwork, describe_tasks, find_shape
from mtcp_mm.apis.network import build_network
from mtcp_mm.engine.config import read_config

CLASSES = dict(
    mtcp_mm={
        'datasets': ['NYUDMultiTask'],
        'datasets.transforms': [
            'LoadImage',
            'LoadTaskMaps',
            'MultiTaskRandomFlip',
            'MultiTaskResize',
            'PackMultiTaskInputs',
        ],
        'evaluation': ['MeanIoU', 'MultiTaskMetric'],
        'models.backbones': ['EfficientNetLite'],
        'models.data_preprocessor': ['MultiTaskDataPreProcessor'],
        'models.decode_heads': ['MultiTaskHead'],
        'models.segmentors': ['MultiTaskSegmentor'],
        'tasks': ['ClassMap', 'DepthMap'],
    },
    mmengine={'runner': ['EpochBasedTrainLoop', 'ValLoop'], 'dataset': ['DefaultSampler'], 'optim': ['OptimWrapper']},
    mmseg={'models.necks': ['FPN']},
)
IMPORTS = [
    f'from {package}.{module} import {", ".join(names)}'
    for package, modules in CLASSES.items()
    for module, names in modules.items()
]
CONFIG = """
default_scope = 'mmseg'
data_root = 'ROOMS'
tasks = [
    dict(type=ClassMap, name='semseg', field='sem_seg', classes='nyud40', label_offset=1, metrics=[dict(type=MeanIoU)]),
    dict(type=DepthMap, name='depth', field='depth_map', mean=2.0),
]
model = dict(
    type=MultiTaskSegmentor,
    tasks=tasks,
    data_preprocessor=dict(type=MultiTaskDataPreProcessor, mean=[127] * 3, std=[128] * 3, bgr_to_rgb=True),
    backbone=dict(type=EfficientNetLite),
    neck=dict(type=FPN, in_channels=[24, 40, 112, 320], out_channels=16, num_outs=4),
    decode_head=dict(type=MultiTaskHead, in_channels=16, channels=16),
)
resize, pack = dict(type=MultiTaskResize, scale=(64, 64)), dict(type=PackMultiTaskInputs)
load = [dict(type=LoadImage), dict(type=LoadTaskMaps)]
train_dataset = dict(
    type=NYUDMultiTask, data_root=data_root, split='train', tasks=tasks,
    pipeline=[*load, dict(type=MultiTaskRandomFlip, prob=0.5), resize, pack],
)
val_dataset = dict(
    type=NYUDMultiTask, data_root=data_root, split='val', tasks=tasks, pipeline=[load[0], resize, load[1], pack],
)
train_dataloader = dict(batch_size=4, sampler=dict(type=DefaultSampler, shuffle=True), dataset=train_dataset)
val_dataloader = dict(batch_size=1, sampler=dict(type=DefaultSampler, shuffle=False), dataset=val_dataset)
val_evaluator = dict(type=MultiTaskMetric)
test_pipeline = val_dataset['pipeline']
optim_wrapper = dict(type=OptimWrapper, optimizer=dict(type='AdamW', lr=1e-3))
train_cfg = dict(type=EpochBasedTrainLoop, max_epochs=1)
val_cfg = dict(type=ValLoop)
"""


@pytest.mark.slow
def test_is_trained_used_and_exported_and_so_is_its_copy(call, rooms, tmp_path):
    path = tmp_path / 'pure.py'
    path.write_text('\n'.join(IMPORTS) + CONFIG.replace('ROOMS', str(rooms)))
    run = tmp_path / 'run'
    call('train', path, '--work-dir', run, '--amp')
    assert json.loads((run / 'metrics.json').read_text())['network']['semseg/mIoU'] >= 0
    image = np.full((30, 40, 3), 90, np.uint8)
    for config in (path, run / 'pure.py', Config.fromfile(path)):
        maps = MultiTaskInferencer(config, run / 'epoch_1.pth', 'cpu')(image)[0]
        assert maps['semseg'].shape == maps['depth'].shape == (30, 40)
    cfg = read_config(path)
    assert find_shape(cfg) == (64, 64)
    assert json.loads(describe_tasks(cfg.model.tasks))[1] == dict(
        type='DepthMap', name='depth', field='depth_map', mean=2.0
    )
    ExportableNetwork(build_network(cfg, run / 'epoch_1.pth'))
