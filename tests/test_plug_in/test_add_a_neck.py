"""docs/add_a_neck.md, step by step."""

import json
import math
import re
from dataclasses import fields

import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmseg.registry import DATASETS, MODELS

from mtcp_mm.engine.config import read_config
from mtcp_mm.structures import TaskFeatures

FOLDER = 'projects/task_mixing'
CONFIG = f'{FOLDER}/nyud_task_mixing.py'
TINY = [
    '--cfg-options', 'model.backbone.init_cfg=None', 'train_cfg.max_epochs=1', 'train_cfg.val_interval=1',
    'train_dataloader.batch_size=2', 'train_dataloader.num_workers=0', 'val_dataloader.num_workers=0',
    'test_dataloader.num_workers=0', 'train_dataloader.dataset.pipeline.4.scale=(96,64)',
]  # fmt: skip
TASKS = [dict(type='DepthMap', name='near', mean=2.0), dict(type='DepthMap', name='far')]


@pytest.fixture(scope='module')
def project(open_project, nyud):
    return open_project('add_a_neck.md', nyud=nyud)


@pytest.fixture
def neck(project):
    read_config(CONFIG)
    torch.manual_seed(0)
    return MODELS.build(dict(type='TaskMixing', tasks=TASKS, in_channels=4, channels=6, in_index=1, loss_weight=0.5))


@pytest.fixture
def maps():
    torch.manual_seed(1)
    return torch.randn(2, 3, 16, 24), torch.randn(2, 4, 8, 12)


def test_the_guide_has_two_files_and_three_commands(project):
    assert list(project.files) == [f'{FOLDER}/task_mixing.py', CONFIG]
    assert project.python_path == [FOLDER]
    assert [line.split()[1] for line in project.commands if line.startswith('python')] == [
        'tools/analysis_tools/get_flops.py', 'tools/train.py', 'tools/test.py'
    ]  # fmt: skip


def test_the_table_has_the_fields(guide_table):
    a, b, c = torch.arange(3.0)
    filled = dict(features=dict(x=a), pyramids=dict(x=(a,)), predictions=dict(x=(a,)), losses=dict(loss_x=a))
    given = TaskFeatures(**filled, encoder=(c,))
    new = dict(features=dict(x=b), pyramids=dict(x=(b,)), predictions=dict(x=(b,)), losses=dict(loss_y=b))
    out = given.updated(**new)
    found = {
        field.name: 'keeps' if getattr(out, field.name) == getattr(given, field.name)
        else 'replaces' if getattr(out, field.name) == new[field.name] else 'appends'
        for field in fields(TaskFeatures)
    }  # fmt: skip
    assert found == {name: what for name, _, what in guide_table('add_a_neck.md', 'field')}


def test_the_neck_starts_without_mixing(neck, maps):
    out = neck(maps)
    assert {name: x.shape for name, x in out.features.items()} == dict.fromkeys(('near', 'far'), (2, 6, 8, 12))
    torch.testing.assert_close(out.features['near'], neck.branches['near'](maps[1]))
    assert out.losses == dict(loss_mixing=0.0) and out.encoder == maps
    assert {name: [x.shape for x in stages] for name, stages in out.predictions.items()} == dict.fromkeys(
        ('near', 'far'), [(2, 1, 8, 12)]
    )


def test_a_share_of_another_task(neck, maps):
    neck.shares.data = torch.tensor([[1.0, 0.25], [-0.5, 2.0]])
    near, far = (branch(maps[1]) for branch in neck.branches.values())
    out = neck(maps)
    torch.testing.assert_close(out.features['near'], near + 0.25 * far)
    torch.testing.assert_close(out.features['far'], 2 * far - 0.5 * near)
    torch.testing.assert_close(out.losses['loss_mixing'], torch.tensor(0.5 * (0.25 + 0.5) / 4))
    evaluated = neck.eval()(maps)
    assert not evaluated.predictions and not evaluated.losses


def test_a_training_step_reaches_all_of_it(project):
    cfg = read_config(CONFIG, {'model.backbone.init_cfg': None})
    cfg.train_dataloader.dataset.pipeline[4].scale = (96, 64)
    dataset, model = DATASETS.build(cfg.train_dataloader.dataset), MODELS.build(cfg.model)
    assert [type(neck).__name__ for neck in model.neck] == ['FPN', 'TaskMixing']
    batch = model.data_preprocessor(pseudo_collate([dataset[0], dataset[1]]), training=True)
    losses = model(**batch, mode='loss')
    tasks = ('semseg', 'depth', 'normals')
    assert set(losses) == {'loss_mixing', *(f'loss_{task}{stage}' for task in tasks for stage in ('', '_s0'))}
    total, _ = model.parse_losses(losses)
    expected = sum(losses[f'loss_{task}'] + 0.5 * losses[f'loss_{task}_s0'] for task in tasks)
    assert math.isclose(total.item(), expected.item(), rel_tol=1e-5)
    total.backward()
    parts = [*model.neck[1].named_parameters(), *model.decode_head.named_parameters()]
    assert not [name for name, parameter in parts if parameter.grad is None]


def test_its_cost_is_printed(project, capsys):
    project.run('analysis_tools/get_flops')
    assert re.search(r'neck\.1 +\| TaskMixing', capsys.readouterr().out)


@pytest.mark.slow
def test_it_is_trained_and_tested(project):
    assert read_config(CONFIG).train_cfg.max_epochs == 12  # of which here one is run
    project.run('train', *TINY)
    run = project.root / 'work_dirs/nyud_task_mixing'
    trained = json.loads((run / 'metrics.json').read_text())['network']
    project.run('test', *TINY, epoch_12='epoch_1')
    tested = json.loads((run / 'metrics.json').read_text())['network']
    assert tested == pytest.approx(trained, rel=1e-5) and {'semseg/mIoU', 'depth/rmse'} < set(tested)
