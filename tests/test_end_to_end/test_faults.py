"""Faults in a training give helpful messages."""

import re

import pytest
import torch

from mtcp_mm.engine.checkpoint import load_checkpoint_file


def test_missing_data_set_is_named_before_any_worker_starts(make_config, fail, tmp_path):
    absent = tmp_path / 'absent'
    config = make_config('nowhere', data_root=absent, **{'train_dataloader.num_workers': 1})
    message = fail('train', config, '--work-dir', tmp_path / 'run')
    assert f'{absent}: no such folder' in message
    assert 'images/ID{.jpg,.png}' in message and 'gt_sets/train.txt' in message
    assert 'make_rooms.py' in message
    assert 'worker' not in message


def test_task_without_a_valid_pixel_costs_nothing(network, batch):
    for sample in batch['data_samples']:
        sample.set_target('depth_map', torch.zeros_like(sample.target('depth_map')))
    total, logged = network.parse_losses(network(**network.data_preprocessor(batch, True), mode='loss'))
    depth = {name: value.item() for name, value in logged.items() if name.startswith('loss_depth')}
    assert depth == dict.fromkeys(['loss_depth', 'loss_depth_s0', 'loss_depth_s1'], 0)
    assert logged['loss_semseg'] > 0 and logged['loss_normals'] > 0
    total.backward()
    gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
    assert all(gradient.isfinite().all() for gradient in gradients.values())
    assert not gradients['decode_head.predictors.depth.weight'].any()
    assert gradients['decode_head.predictors.semseg.weight'].any()


@pytest.mark.slow
def test_non_finite_loss_stops_the_run_with_iteration_task_and_files(make_config, fail, tmp_path, rooms):
    config = make_config('spoilt', (dict(type='SpoilPredictor', task='depth', iteration=5),))
    message = fail('train', config, '--work-dir', tmp_path / 'run')
    assert re.search(r'loss of depth is not finite: loss_depth = nan', message)
    assert 'epoch 2, iteration 6, files: ' in message
    names = set((rooms / 'gt_sets/train.txt').read_text().split())
    assert len(names.intersection(re.findall(r'images/(\w+)\.', message))) == 2
    saved = load_checkpoint_file(tmp_path / 'run/epoch_1.pth')['state_dict']
    assert sorted(path.name for path in tmp_path.glob('run/*.pth')) == ['epoch_1.pth']
    assert all(tensor.isfinite().all() for tensor in saved.values())


def test_checkpoint_of_another_network_is_refused_with_counts(network, make_config, fail, tmp_path):
    tensors = network.state_dict()
    other = {name.replace('backbone', 'trunk'): tensor for name, tensor in tensors.items()}
    torch.save(dict(state_dict=other, meta={}), tmp_path / 'other.pth')
    message = fail('test', make_config('network'), tmp_path / 'other.pth', '--work-dir', tmp_path / 'run')
    counted = [name for name in tensors if not name.endswith('num_batches_tracked')]
    lost = [name for name in counted if name.startswith('backbone')]
    assert message.startswith(f'error: {tmp_path}/other.pth does not fit MultiTaskSegmentor')
    assert f'{len(counted) - len(lost)} of {len(counted)} tensors matched' in message
    assert f'{len(lost)} missing ({lost[0]}, ' in message


@pytest.mark.parametrize(
    'kill, message', [(True, r'worker \(pid.* (killed|exited)'), (False, 'timed out after 2 seconds')]
)
def test_a_lost_worker_ends_the_run_with_a_remedy(make_config, fail, tmp_path, kill, message):
    pipeline = [dict(type='LoadImage'), dict(type='Stall', kill=kill)]
    options = {'train_dataloader.num_workers': 1, 'train_dataloader.dataset.pipeline': pipeline}
    config = make_config('lost', **options, **({} if kill else {'train_dataloader.timeout': 2}))
    said = fail('train', config, '--work-dir', tmp_path / 'run')
    assert re.search(rf'error: DataLoader .*{message}.*\. If memory ran out, set a smaller num_work', said)


@pytest.mark.slow
def test_on_a_full_disk_training_ends_with_a_message_and_the_last_checkpoint_stays(
    make_config, call, fail, tmp_path, full_disk, capfd
):
    call('train', make_config('first', **{'train_cfg.max_epochs': 1}), '--work-dir', tmp_path / 'run')
    capfd.readouterr()
    size = (tmp_path / 'run/epoch_1.pth').stat().st_size
    config = make_config('second', **{'train_cfg.max_epochs': 2})
    with full_disk(size // 2):
        said = fail('train', config, '--work-dir', tmp_path / 'run', '--resume')
    assert said.startswith(f'error: {tmp_path}/run/epoch_2.pth cannot be written (File too large)')
    assert not [path for path in (tmp_path / 'run').rglob('*') if path.name.endswith(('epoch_2.pth', 'partial'))]
    assert load_checkpoint_file(tmp_path / 'run/epoch_1.pth')['state_dict']


@pytest.mark.parametrize('tool', ['train', 'test'])
def test_a_work_directory_that_cannot_be_made_is_named(make_config, fail, tmp_path, tool):
    (tmp_path / 'file').touch()
    (tmp_path / 'net.pth').touch()
    checkpoint = [tmp_path / 'net.pth'] if tool == 'test' else []
    said = fail(tool, make_config('any'), *checkpoint, '--work-dir', tmp_path / 'file' / 'run')
    assert re.search(r'error: .*/file/run cannot be written', said)
