"""Tests with real NYU Depth V2 frames, which may not be redistributed and are kept outside the project."""

import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate
from PIL import Image

from mtcp_mm.datasets import NYUDMultiTask
from mtcp_mm.engine import StrictCheckpointRunner
from mtcp_mm.engine.config import read_config

ROOT = Path(__file__).parents[1]
PACK = ROOT.parent / 'shared/nyud'
TASKS = [
    dict(type='ClassMap', name='semseg', field='sem_seg', classes='nyud40', label_offset=1),
    dict(type='DepthMap', name='depth', field='depth_map'),
    dict(type='SurfaceNormals', name='normals'),
]
PIPELINE = [dict(type='LoadImage'), dict(type='LoadTaskMaps'), dict(type='PackMultiTaskInputs')]
FRAMES = 4
WALL, FLOOR = 0, 1

pytestmark = pytest.mark.skipif(not PACK.is_dir(), reason='no real NYU Depth V2 frames in ../shared/nyud')


@pytest.fixture(scope='module')
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first frames of each split in NYUD's layout, made by the pack's own script."""
    spec = importlib.util.spec_from_file_location('expand', PACK / 'expand.py')
    pack = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pack)
    root = tmp_path_factory.mktemp('nyud')
    for folder in ('images', 'segmentation', 'depth', 'normals', 'gt_sets'):
        (root / folder).mkdir()
    for split in ('train', 'val'):
        names = (PACK / f'half/gt_sets/{split}.txt').read_text().split()[:FRAMES]
        (root / f'gt_sets/{split}.txt').write_text('\n'.join(names))
        for name in names:
            pack.expand((name, PACK / 'half', root, 2))
    return root


@pytest.mark.parametrize('split', ['train', 'val'])
def test_targets_are_those_of_the_pack(root, split):
    dataset = NYUDMultiTask(root, split, TASKS, pipeline=PIPELINE)
    assert len(dataset) == FRAMES
    for packed in dataset:
        sample = packed['data_samples']
        assert packed['inputs'].shape == (3, 213, 280)
        with Image.open(PACK / f'half/segmentation/{sample.sample_id}.png') as file:
            labels = np.asarray(file).astype(int)
        np.testing.assert_array_equal(sample.target('sem_seg')[0], np.where(labels == 0, 255, labels - 1))
        with Image.open(PACK / f'half/depth_u8/{sample.sample_id}.png') as file:
            metres = (np.asarray(file) + 0.5) / 25.5
        np.testing.assert_allclose(sample.target('depth_map')[0], metres, atol=0.5 / 25.5 + 1e-5)


def test_normals_agree_with_the_classes(root):
    """Floors face up (y), walls do not: so the channels' order, their scale and the classes are right."""
    up = {FLOOR: [], WALL: []}
    for split in ('train', 'val'):
        for packed in NYUDMultiTask(root, split, TASKS, pipeline=PIPELINE):
            sample = packed['data_samples']
            normals, labels = sample.target('normals').numpy(), sample.target('sem_seg')[0].numpy()
            length = np.linalg.norm(normals, axis=0)
            assert np.all((np.abs(length - 1) < 1e-5) | (length == 0)) and np.mean(length > 0) > 0.9
            for label, values in up.items():
                values.extend(normals[1][labels == label])
    assert np.median(up[FLOOR]) > 0.85
    assert np.median(np.abs(up[WALL])) < 0.3


def make_runner(root: Path, work_dir: Path) -> StrictCheckpointRunner:
    """The shipped plain network on the few frames: one epoch of one step, validation in batches of 3 and 1."""
    cfg = read_config(ROOT / 'configs/plain/nyud_plain.py', dict(data_root=str(root)))
    cfg.train_dataloader.update(batch_size=FRAMES, num_workers=0)
    cfg.val_dataloader.update(batch_size=FRAMES - 1, num_workers=0)
    cfg.train_cfg.update(max_epochs=1, val_interval=1)
    cfg.work_dir = str(work_dir)
    return StrictCheckpointRunner.from_cfg(cfg)


def read_targets(root: Path, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels with 0 for void, metres with 0 for void, unit normals with zeros for void; read from the files."""
    labels = np.array(Image.open(root / f'segmentation/{name}.png')).astype(int)
    normals = np.array(Image.open(root / f'normals/{name}.png')) * (2 / 255) - 1
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    return labels, np.load(root / f'depth/{name}.npy').astype(float), np.where(length < 0.1, 0, normals / length)


@torch.no_grad()
def predict(model: torch.nn.Module, packed: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    sample = model.eval().test_step(pseudo_collate([packed]))[0]
    maps = [sample.prediction(field).cpu().numpy() for field in ('sem_seg', 'depth_map', 'normals')]
    return maps[0][0] + 1, maps[1][0].astype(float), maps[2].transpose(1, 2, 0).astype(float)


def metrics_by_formula(pairs: list[tuple]) -> dict[str, float]:
    """The headline scores over the pixels of all images, from (prediction, target) a task and image."""
    hits, unions, squares, angles = np.zeros(41), np.zeros(41), [], []
    for (label, depth, normal), (true_label, true_depth, true_normal) in pairs:
        for k in range(1, 41):
            hits[k] += np.sum((label == k) & (true_label == k))
            unions[k] += np.sum(((label == k) & (true_label > 0)) | (true_label == k))
        squares.extend((depth - true_depth)[true_depth > 0] ** 2)
        cosines = (normal * true_normal).sum(-1) / np.linalg.norm(normal, axis=-1)
        angles.extend(np.degrees(np.arccos(np.clip(cosines[np.any(true_normal != 0, -1)], -1, 1))))
    iou = hits[1:] / np.maximum(unions[1:], 1)
    return {
        'semseg/mIoU': 100 * iou.mean(), 'depth/rmse': np.sqrt(np.mean(squares)), 'normals/mErr': np.mean(angles)
    }  # fmt: skip


@pytest.mark.slow
def test_metrics_after_a_training_step_are_the_formulas(root, tmp_path, monkeypatch):
    monkeypatch.setattr(os, 'environ', os.environ.copy())
    runner = make_runner(root, tmp_path)
    before = runner.model.decode_head.predictors['depth'].weight.clone()
    runner.train()
    assert runner.iter == 1 and not torch.equal(runner.model.decode_head.predictors['depth'].weight, before)
    dataset = runner.val_dataloader.dataset
    pairs = [
        (predict(runner.model, packed), read_targets(root, packed['data_samples'].sample_id)) for packed in dataset
    ]
    assert len(pairs) == FRAMES
    reported = json.loads((tmp_path / 'metrics.json').read_text())['network']
    expected = metrics_by_formula(pairs)
    assert expected['semseg/mIoU'] > 0
    assert {name: reported[name] for name in expected} == pytest.approx(expected, rel=1e-3)
    assert (tmp_path / 'curves.png').is_file()
