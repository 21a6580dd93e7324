"""docs/add_a_task.md, step by step."""

import json
import shutil

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmseg.registry import DATASETS, METRICS, MODELS, TASK_UTILS

from mtcp_mm.datasets import MultiTaskRandomFlip, MultiTaskRandomRotateScale, MultiTaskRandomZoom
from mtcp_mm.engine.config import read_config
from mtcp_mm.tasks import DataError, build_tasks

FOLDER = 'projects/indoor'
CONFIG = f'{FOLDER}/nyud_centres.py'
OFFSETS = dict(type='CentreOffsets', name='centres')
TINY = [
    '--cfg-options', 'model.backbone.init_cfg=None', 'train_cfg.max_epochs=1', 'train_cfg.val_interval=1',
    'train_dataloader.batch_size=2', 'train_dataloader.num_workers=0', 'val_dataloader.num_workers=0',
    'train_dataloader.dataset.pipeline.4.scale=(96,64)',
]  # fmt: skip


@pytest.fixture(scope='module')
def project(open_project, nyud):
    return open_project('add_a_task.md', nyud=nyud)


@pytest.fixture
def offsets(project):
    """The guide's own kind."""
    read_config(CONFIG)
    return TASK_UTILS.build(OFFSETS)


def test_the_guide_has_three_files_and_two_commands(project):
    assert list(project.files) == [
        f'{FOLDER}/{name}.py' for name in ('nyud_materials', 'centre_offsets', 'nyud_centres')
    ]
    assert project.python_path == [FOLDER]
    assert [line for line in project.commands if line.startswith('python')] == [
        f'python tools/{tool}.py {CONFIG}' for tool in ('check_dataset', 'train')
    ]


def test_the_kinds_have_the_settings_losses_and_metrics_that_the_table_says(project, guide_table):
    for kind, _, settings, loss, metric in guide_table('add_a_task.md', 'kind'):
        cls = TASK_UTILS.get(kind)
        assert (cls.default_loss['type'], cls.default_metrics[0]['type']) == (loss, metric)
        extra = dict(classes=['a', 'b']) if kind == 'ClassMap' else {}
        task = TASK_UTILS.build(dict(type=kind, name='new', **extra))
        for setting in settings.split(', '):
            assert hasattr(task, setting)


def test_instances_without_code_are_tasks_as_any(project):
    tasks = build_tasks(read_config(f'{FOLDER}/nyud_materials.py').tasks)
    assert list(tasks) == ['semseg', 'depth', 'normals', 'material', 'reflective']
    stored = np.uint8([[0, 1, 4]])
    assert tasks['material'].decode(stored, '').tolist() == [[255, 0, 3]]
    assert tasks['reflective'].decode(np.uint8([[0, 255]]), '').tolist() == [[0, 1]]
    assert MODELS.build(tasks['reflective'].loss).positive_weight == 0.9


def centre_of(target, row, column):
    """Where the offset of a pixel points, as (x, y)."""
    return target[row, column] + (column, row)


@pytest.mark.parametrize(
    ('transform', 'where'),
    [
        (MultiTaskRandomFlip(1.0), lambda x, y: (40 - x, y)),
        (MultiTaskRandomRotateScale((90, 90), (1, 1)), lambda x, y: (y, 40 - x)),
        (MultiTaskRandomRotateScale((90, 90), (2, 2)), lambda x, y: (20 + 2 * (y - 20), 20 - 2 * (x - 20))),
    ],
)
def test_offsets_point_to_the_same_object_after_a_transform(offsets, transform, where):
    """An image of 41x41, one object with its centre at x 12, y 25; a turn is about the pixel (20, 20)."""
    rows, columns = np.mgrid[:41, :41]
    target = np.stack([12 - columns, 25 - rows], -1).astype(np.float32)
    target[15] = np.nan
    sample = transform(dict(img=np.zeros((41, 41, 3), np.uint8), tasks=[OFFSETS], gt_centres=target))
    changed = sample['gt_centres']
    known = np.argwhere(np.isfinite(changed).all(-1))
    assert 0 < len(known) < 41 * 41
    assert all(np.abs(centre_of(changed, *pixel) - where(12, 25)).max() <= 1.001 for pixel in known)


def test_offsets_grow_with_the_image(offsets):
    target = np.full((20, 30, 2), [4, -6], np.float32)
    sample = MultiTaskRandomZoom([1.5])(dict(img=np.zeros((20, 30, 3), np.uint8), tasks=[OFFSETS], gt_centres=target))
    np.testing.assert_array_equal(sample['gt_centres'], np.broadcast_to([6, -9], (20, 30, 2)))


def test_the_kind_of_offsets(offsets):
    stored = np.float32([[[1, 2], [3, np.nan]]])
    target = offsets.to_tensor(offsets.decode(stored, 'a.npy'))
    assert offsets.valid(target).tolist() == [[[True, False]]]
    assert offsets.baseline_prediction(offsets.baseline_statistics(target)).tolist() == [1, 2]
    nothing = offsets.to_tensor(offsets.empty(2, 2))
    assert offsets.baseline_prediction(offsets.baseline_statistics(nothing)).tolist() == [0, 0]
    raw = torch.tensor([[[1.0, 2.0]], [[3.0, 4.0]]])
    assert offsets.unflip(raw).tolist() == [[[-2, -1]], [[4, 3]]]
    assert (offsets.draw(target.numpy()).image[0, 1] == 0).all()
    with pytest.raises(DataError, match=r'a\.npy: offsets of type uint8'):
        offsets.decode(np.zeros((2, 2, 2), np.uint8), 'a.npy')


def test_the_metric_of_offsets(offsets):
    metric = METRICS.build(dict(type='EndPointError', task=offsets))
    target = torch.tensor([[[0.0, 1.0, torch.nan]], [[0.0, 1.0, 5.0]]])
    prediction = torch.tensor([[[3.0, 1.0, 9.0]], [[4.0, 1.0, 9.0]]])
    total = metric.process(prediction, target)
    assert metric.compute(total + metric.process(target, target)) == dict(epe=5 / 4)
    assert np.isnan(metric.compute(torch.zeros(2))['epe'])


def test_the_checker_reads_every_map(project):
    project.run('check_dataset', '--workers', '1')
    report = json.loads((project.root / 'work_dirs/check/nyud_centres/report.json').read_text())
    assert not report['errors']
    found = report['splits']['train']['tasks']
    assert found['centres']['void'] == pytest.approx(1 / 8) and len(found['centres']['values']) == 2
    assert [row['name'] for row in found['material']['classes']] == ['wood', 'metal', 'glass', 'fabric']


@pytest.mark.slow
def test_it_is_trained_and_scored(project):
    project.run('train', *TINY)
    scores = json.loads((project.root / 'work_dirs/nyud_centres/metrics.json').read_text())
    for metric in ('material/mIoU', 'reflective/maxF', 'centres/epe'):
        assert scores['network'][metric] >= 0 and scores['constant'][metric] >= 0


def test_the_tasks_work_with_task_decoders_cfm_and_srm(project):
    """The guide's last sentence: another base."""
    other = project.root / 'projects/small'
    shutil.copytree(project.root / FOLDER, other)
    text = (other / 'nyud_materials.py').read_text()
    (other / 'nyud_materials.py').write_text(
        text.replace('configs/plain/nyud_plain.py', 'configs/mtcp/mtcp_nyud_small.py')
    )
    cfg = read_config(other / 'nyud_centres.py', {'model.backbone.encoder.init_cfg': None})
    cfg.train_dataloader.dataset.pipeline[4].scale = (96, 64)
    dataset, model = DATASETS.build(cfg.train_dataloader.dataset), MODELS.build(cfg.model)
    batch = model.data_preprocessor(pseudo_collate([dataset[0], dataset[1]]), training=True)
    losses = model(**batch, mode='loss')
    assert {f'loss_{task}{stage}' for task in model.tasks for stage in ('', '_s0')} < set(losses)
    assert model.parse_losses(losses)[0].isfinite()
    assert cfg.custom_hooks[-1].type == 'LossPrioritizationHook'
