"""docs/add_a_dataset.md, step by step."""

import json

import numpy as np
import pytest
from mmseg.registry import DATASETS, TASK_UTILS
from PIL import Image

from mtcp_mm.datasets import MultiTaskRandomFlip, MultiTaskRandomScale, MultiTaskRandomZoom, MultiTaskResize
from mtcp_mm.engine.config import read_config
from mtcp_mm.tasks import build_tasks, load_map

CONFIG = 'projects/cityscapes/mtcp_cityscapes.py'
TINY = [
    '--cfg-options', 'model.backbone.encoder.init_cfg=None', 'train_cfg.max_epochs=1', 'train_cfg.val_interval=1',
    'train_dataloader.batch_size=2', 'train_dataloader.num_workers=0', 'val_dataloader.num_workers=0',
    'test_dataloader.num_workers=0', 'train_dataloader.dataset.pipeline.4.scale=(96,64)',
]  # fmt: skip


@pytest.fixture(scope='module')
def project(open_project, cityscapes):
    return open_project('add_a_dataset.md', cityscapes=cityscapes)


@pytest.fixture
def entries(project):
    """The training data set's samples, and the disparity's task."""
    cfg = read_config(CONFIG)
    dataset = DATASETS.build(cfg.train_dataset)
    return [dataset.get_data_info(i) for i in range(len(dataset))], build_tasks(cfg.tasks)['disparity']


def test_the_guide_has_two_files_and_four_commands(project):
    assert list(project.files) == ['projects/cityscapes/cityscapes_two_tasks.py', CONFIG]
    assert project.python_path == ['projects/cityscapes']
    assert [line.split()[1] for line in project.commands if line.startswith('python')] == [
        f'tools/{tool}.py' for tool in ('check_dataset', 'train', 'test', 'infer')
    ]


def test_samples_are_found_and_may_lack_a_disparity(entries):
    samples, _ = entries
    assert [entry['sample_id'][:-7] for entry in samples] == [
        'aachen_000000', 'aachen_000001', 'bonn_000000', 'bonn_000001'
    ]  # fmt: skip
    assert samples[0]['map_paths']['semseg'] == (
        'data/cityscapes/gtFine/train/aachen/aachen_000000_000019_gtFine_labelTrainIds.png'
    )
    assert [entry['map_paths']['disparity'] is None for entry in samples] == [False, False, False, True]


def test_disparity_is_read_in_pixels(entries):
    samples, task = entries
    stored = np.array(Image.open(samples[0]['map_paths']['disparity'])).astype(np.float64)
    target = load_map(task, samples[0])
    valid = task.valid(task.to_tensor(target))[0].numpy()
    assert {0, 1} < set(stored.flat)
    np.testing.assert_array_equal(valid, stored > 1)
    np.testing.assert_allclose(target[valid], (stored[valid] - 1) / 256, rtol=1e-6)
    assert (task.draw(target[None]).bar.unit, task.initial_bias) == ('px', 30.0)


def test_disparity_grows_where_depth_shrinks(project):
    """A scene in which disparity is 600 / depth stays one under every transform of the guide."""
    read_config(CONFIG)
    tasks = [dict(type='DepthMap', name='depth'), dict(type='DisparityMap', name='disparity')]
    depth = np.random.default_rng(0).uniform(2, 50, (32, 48)).astype(np.float32)
    for step in (
        MultiTaskRandomZoom([1.5]),
        MultiTaskRandomScale((0.5, 0.5)),
        MultiTaskRandomFlip(1.0),
        MultiTaskResize((20, 10)),
    ):
        sample = dict(img=np.zeros((32, 48, 3), np.uint8), tasks=tasks, gt_depth=depth, gt_disparity=600 / depth)
        changed = step(sample)
        np.testing.assert_allclose(changed['gt_disparity'] * changed['gt_depth'], 600, rtol=1e-5)
        assert changed['gt_depth'].shape == changed['img'].shape[:2]
    assert TASK_UTILS.build(tasks[1]).zoom(np.float32([8]), 1.5) == 12


def test_missing_data_are_said_to_be_missing(project):
    cfg = read_config(CONFIG, dict(data_root='elsewhere'))
    with pytest.raises(FileNotFoundError, match=r'elsewhere/leftImg8bit/train: no CITY/NAME_leftImg8bit\.png'):
        DATASETS.build(cfg.train_dataset).full_init()


def test_the_checker_reads_every_map(project, entries, capsys):
    project.run('check_dataset', '--workers', '1')
    report = json.loads((project.root / 'work_dirs/check/mtcp_cityscapes/report.json').read_text())
    assert not report['errors'] and report['splits']['test'] == dict(same_as='val')
    assert report['splits']['train']['tasks']['disparity']['missing'] == 1
    samples, task = entries
    targets = np.concatenate([load_map(task, entry).ravel() for entry in samples[:3]])
    mean = report['splits']['train']['tasks']['disparity']['values'][0]['mean']
    assert mean == pytest.approx(targets[targets > 0].mean(), rel=1e-4)
    assert f'{mean:#.4g}' in capsys.readouterr().out


@pytest.mark.slow
def test_it_is_trained_scored_and_used(project):
    assert read_config(CONFIG).train_cfg.max_epochs == 12  # of which here one is run
    project.run('train', *TINY)
    run = project.root / 'work_dirs/mtcp_cityscapes'
    trained = json.loads((run / 'metrics.json').read_text())
    for score in ('semseg/mIoU', 'disparity/rmse'):
        assert trained['network'][score] >= 0 and trained['constant'][score] >= 0
    (run / 'metrics.json').unlink()
    project.run('test', *TINY, epoch_12='epoch_1')
    tested = json.loads((run / 'metrics.json').read_text())
    assert tested['network'] == pytest.approx(trained['network'], rel=1e-5)
    project.run('infer', epoch_12='epoch_1')
    assert len(list((project.root / 'panels').glob('ulm_*.png'))) == 2
