"""Two processes over gloo train and evaluate as one does."""

import json
import shutil
import socket
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mtcp_mm.engine.checkpoint import load_checkpoint_file

TASKS = ('semseg', 'depth', 'normals')
FIXED = dict(
    train_pipeline=[
        dict(type='LoadImage'), dict(type='LoadTaskMaps'), dict(type='MultiTaskResize', scale=(64, 64)),
        dict(type='PackMultiTaskInputs'),
    ],
    # Linear in the gradients: Adam would make steps of the rounding errors of gradients near zero. Small steps, since
    # a rounding error that turns the sign of an L1 loss or a ReLU at one pixel makes a jump in the gradient.
    optim_wrapper=dict(optimizer=dict(_delete_=True, type='SGD', lr=0.02, momentum=0.9)),
)  # fmt: skip


@pytest.fixture
def patchy_rooms(rooms: Path, tmp_path: Path) -> Path:
    """Rooms in which each training image has another number of valid pixels, and some have no normals."""
    root = tmp_path / 'patchy'
    shutil.copytree(rooms, root)
    for i, name in enumerate((root / 'gt_sets/train.txt').read_text().split()):
        labels = np.array(Image.open(root / f'segmentation/{name}.png'))
        labels[: 6 * i] = 0
        Image.fromarray(labels).save(root / f'segmentation/{name}.png')
        depth = np.load(root / f'depth/{name}.npy')
        depth[:, 8 * i :] = 0  # the first has none at all
        np.save(root / f'depth/{name}.npy', depth)
        if i % 3 == 0:
            next((root / 'normals').glob(f'{name}.*')).unlink()
    return root


def free_port() -> str:
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        return str(server.getsockname()[1])


def curve(checkpoint: dict, name: str) -> np.ndarray:
    return checkpoint['message_hub']['log_scalars'][f'train/{name}'].data[0]


def read_metrics(work_dir: Path) -> dict[str, dict[str, float]]:
    metrics = json.loads((work_dir / 'metrics.json').read_text())
    return {predictor: metrics[predictor] for predictor in ('network', 'constant')}


@pytest.mark.slow
def test_two_ranks_equal_one_process_and_a_fault_of_one_ends_both(patchy_rooms, make_config, call, spawn, tmp_path):
    hooks = (dict(type='FreezeBatchNorm'), dict(type='FailOnOneRank'))
    pipeline = {'train_dataloader.dataset.pipeline': FIXED['train_pipeline']}
    config = make_config('ddp', hooks, patchy_rooms, optim_wrapper=FIXED['optim_wrapper'], **pipeline)
    pair, single = tmp_path / 'pair', tmp_path / 'single'
    run = spawn('bash', 'tools/dist_train.sh', config, '2', '--work-dir', pair, PORT=free_port())
    assert run.returncode != 0 and run.stderr.count('error: this rank cannot go on') == 1, run.stderr[-3000:]
    call('train', config, '--work-dir', single, '--cfg-options', 'train_dataloader.batch_size=4')

    ours, expected = (load_checkpoint_file(folder / 'epoch_3.pth') for folder in (pair, single))
    before = load_checkpoint_file(single / 'epoch_1.pth')['state_dict']
    assert ours['state_dict'].keys() == expected['state_dict'].keys()
    for name, tensor in ours['state_dict'].items():
        torch.testing.assert_close(tensor, expected['state_dict'][name], rtol=1e-5, atol=1e-5, msg=name)
    assert max((tensor - before[name]).abs().max() for name, tensor in expected['state_dict'].items()) > 1e-3
    for name in ('loss', *(f'loss_{task}' for task in TASKS), *(f'lps/weight_{task}' for task in TASKS)):
        np.testing.assert_allclose(curve(ours, name), curve(expected, name), rtol=5e-5, err_msg=name)
    assert curve(expected, 'loss').shape == (6,)
    assert all(abs(curve(expected, f'lps/weight_{task}')[-1] - 1) > 1e-3 for task in TASKS)

    # The same weights, evaluated by one process in other batches: five images, by two ranks in batches of two.
    call('test', config, pair / 'epoch_3.pth', '--work-dir', single, '--cfg-options', 'test_dataloader.batch_size=3')
    ours, expected = read_metrics(pair), read_metrics(single)
    assert ours['network'].keys() >= {'semseg/mIoU', 'depth/rmse', 'normals/mErr'}
    for predictor, scores in expected.items():
        assert ours[predictor] == pytest.approx(scores, rel=1e-4), predictor
