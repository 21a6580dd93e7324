"""A training that is killed in the middle of an epoch goes on as if nothing had happened."""

import signal
import sys

import pytest
import torch

from mtcp_mm.engine.checkpoint import load_checkpoint_file

# Random numbers in the worker (augmentation) and in the training itself.
RANDOM = {
    'train_dataloader.num_workers': 1,
    'model.backbone.transformer_decoder.layer_cfg.ffn_cfg.ffn_drop': 0.1,
    'model.backbone.pixel_decoder.encoder.layer_cfg.ffn_cfg.ffn_drop': 0.1,
}


@pytest.mark.slow
def test_a_resumed_training_equals_an_uninterrupted_one(make_config, call, spawn, tmp_path):
    config = make_config('unbroken', **RANDOM)
    killed = make_config('killed', (dict(type='Kill', iteration=6),), **RANDOM)
    broken, unbroken = tmp_path / 'broken', tmp_path / 'unbroken'

    run = spawn(sys.executable, 'tools/train.py', killed, '--work-dir', broken)
    assert run.returncode == -signal.SIGKILL, run.stderr[-3000:]
    assert sorted(path.name for path in broken.glob('*.pth')) == ['epoch_1.pth']
    saved = (broken / 'epoch_1.pth').read_bytes()
    call('train', config, '--work-dir', broken, '--resume')
    call('train', config, '--work-dir', unbroken)

    ours, expected = (load_checkpoint_file(folder / 'epoch_3.pth') for folder in (broken, unbroken))
    assert ours['meta']['iter'] == 12
    assert (broken / 'epoch_1.pth').read_bytes() == saved  # not made anew
    for name, tensor in ours['state_dict'].items():
        assert torch.equal(tensor, expected['state_dict'][name]), name
    states = [checkpoint['message_hub']['runtime_info']['loss_prioritization'] for checkpoint in (ours, expected)]
    assert states[0] == states[1] and len(states[0]['history']) == 2
    moments = [checkpoint['optimizer']['state'] for checkpoint in (ours, expected)]
    for index, entry in moments[0].items():
        assert all(torch.equal(value, moments[1][index][name]) for name, value in entry.items()), index
