import os
from pathlib import Path

import pytest
import torch
from mmengine.model import PretrainedInit
from mmengine.runner import Runner
from mmseg.registry import RUNNERS

from mtcp_mm.engine import CheckpointError, StrictCheckpointRunner
from mtcp_mm.engine.checkpoint import AtomicLocalBackend, load_checkpoint_file, safe_loading
from mtcp_mm.utils import UnwritableError


class Call:
    def __init__(self, function, *args) -> None:
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.fixture
def checkpoint(make_runner) -> str:
    """Returns the checkpoint of a training's first epoch."""
    runner = make_runner()
    runner.train()
    return f'{runner.work_dir}/epoch_1.pth'


def change(checkpoint: str, **changes) -> str:
    """Saves the checkpoint with some entries changed."""
    path = Path(checkpoint).with_name('changed.pth')
    torch.save(torch.load(checkpoint, weights_only=False) | changes, path)
    return str(path)


def tensors_of(checkpoint: str) -> dict:
    return torch.load(checkpoint, weights_only=False)['state_dict']


def test_is_registered():
    assert RUNNERS.get('StrictCheckpointRunner') is StrictCheckpointRunner


@pytest.mark.parametrize('resume', [False, True])
def test_runs_no_code_from_a_checkpoint(make_runner, checkpoint, tmp_path, resume):
    evil = change(checkpoint, extra=Call(os.mkdir, str(tmp_path / 'witness')))
    with pytest.raises(CheckpointError, match=r'changed\.pth is refused'):
        make_runner(load_from=evil, resume=resume).train()
    assert not (tmp_path / 'witness').exists()


@pytest.mark.parametrize('runner', [Runner, StrictCheckpointRunner])
@pytest.mark.usefixtures('torchvision')  # which MMEngine's own runner imports
def test_config_in_a_checkpoint_is_not_run(make_runner, checkpoint, tmp_path, runner):
    witness = tmp_path / 'witness'
    meta = torch.load(checkpoint, weights_only=False)['meta']
    evil = change(checkpoint, meta=meta | dict(config=f'x = __import__("os").mkdir({str(witness)!r})\n'))
    with safe_loading():  # weights_only alone does not help: MMEngine's own runner runs the config
        make_runner(load_from=evil, resume=True, runner=runner).train()
    assert witness.exists() == (runner is Runner)


def test_training_starts_from_a_checkpoint_whose_backbone_fits(make_runner, checkpoint):
    backbone = {name: value for name, value in tensors_of(checkpoint).items() if name.startswith('backbone')}
    runner = make_runner(load_from=change(checkpoint, state_dict=backbone))
    loaded = {}
    call_hook = runner.call_hook

    def spy(name: str, **kwargs) -> None:
        if name == 'before_train':
            loaded.update({name: value.clone() for name, value in runner.model.state_dict().items()})
        call_hook(name, **kwargs)

    runner.call_hook = spy
    runner.train()
    assert all(torch.equal(loaded[name], value) for name, value in backbone.items())

    head = {name: value for name, value in tensors_of(checkpoint).items() if name.startswith('head')}
    with pytest.raises(CheckpointError, match=r'changed\.pth does not fit Backbone: 0 of 6 .* 6 missing'):
        make_runner(load_from=change(checkpoint, state_dict=head)).train()


def test_resuming_needs_the_whole_model(make_runner, checkpoint):
    backbone = {name: value for name, value in tensors_of(checkpoint).items() if name.startswith('backbone')}
    with pytest.raises(CheckpointError, match='does not fit TinyModel: 6 of 12'):
        make_runner(load_from=change(checkpoint, state_dict=backbone), resume=True).train()


def test_testing_needs_the_whole_model(make_runner, checkpoint):
    backbone = {name: value for name, value in tensors_of(checkpoint).items() if name.startswith('backbone')}
    runner = make_runner(scores=[1.0], load_from=checkpoint)
    assert runner.val() == dict(score=1.0, error=2.5)
    runner = make_runner(scores=[1.0], load_from=change(checkpoint, state_dict=backbone))
    with pytest.raises(CheckpointError, match='does not fit TinyModel'):
        runner.val()


@pytest.mark.parametrize('kind', ['Pretrained', 'mmengine.Pretrained', PretrainedInit])
def test_pretrained_part_must_fit_and_runs_no_code(make_runner, checkpoint, tmp_path, kind):
    def train(state_dict: dict, **extra) -> None:
        path = tmp_path / 'weights.pth'
        torch.save(dict(state_dict=state_dict, **extra), path)
        init_cfg = dict(type=kind, checkpoint=str(path), prefix='backbone.')
        runner = make_runner(model=dict(init_cfg=init_cfg), train_cfg=dict(by_epoch=True, max_epochs=0))
        runner.train()
        assert torch.equal(runner.model.backbone.lift.weight, state_dict['backbone.lift.weight'])

    good = tensors_of(checkpoint)
    train(good)
    wide = {name: torch.cat([value, value]) if value.ndim else value for name, value in good.items()}
    with pytest.raises(CheckpointError, match=r'weights\.pth does not fit Backbone: 0 of 6 .* 6 of another shape'):
        train(wide)
    with pytest.raises(CheckpointError, match=r'weights\.pth is refused'):
        train(good, extra=Call(os.mkdir, str(tmp_path / 'witness')))
    assert not (tmp_path / 'witness').exists()


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
@pytest.mark.parametrize('way', ['load_from', 'resume', 'test', 'pretrained'])
def test_weights_that_are_not_finite_are_not_used(make_runner, checkpoint, way, value):
    tensors = tensors_of(checkpoint)
    tensors['backbone.norm.running_mean'][0] = value
    diverged = change(checkpoint, state_dict=tensors)
    settings = dict(load_from=diverged, resume=way == 'resume')
    if way == 'pretrained':
        settings = dict(model=dict(init_cfg=dict(type='Pretrained', checkpoint=diverged, prefix='backbone.')))
    runner = make_runner(scores=[1.0] * 3, **settings)
    with pytest.raises(CheckpointError, match=r'changed\.pth has values that are not finite .*running_mean'):
        runner.val() if way == 'test' else runner.train()


@pytest.mark.parametrize(
    'changes',
    [
        dict(state_dict=[1]),
        dict(state_dict={'backbone.lift.weight': 5}),
        dict(meta='text'),
        dict(meta=dict(epoch='1', iter=4)),
        dict(meta=dict(epoch=1)),
        dict(meta=dict(epoch=1, iter=4, seed='three')),
        dict(meta=dict(epoch=1, iter=4, dataset_meta=dict(tasks='depth'))),
        dict(message_hub=5),
        dict(message_hub=None),
        dict(message_hub=dict(log_scalars=dict(x=[1.0]))),
        dict(optimizer=5),
        dict(optimizer=dict(state={}, param_groups=[])),
        dict(optimizer=dict(state={}, param_groups=[dict(params=[0, 1])])),
        dict(optimizer=dict(state={0: dict(exp_avg=torch.full((2,), torch.nan))}, param_groups=[dict(params=[0])])),
        dict(optimizer=dict(state={}, param_groups=[dict(params=[0], lr='high')])),
        dict(optimizer=dict(state={}, param_groups=[dict(params=[0], lr=float('inf'))])),
        dict(param_schedulers=5),
        dict(param_schedulers=[5]),
    ],
)
def test_a_state_that_cannot_be_resumed_is_named(make_runner, checkpoint, changes):
    with pytest.raises(CheckpointError, match=r'changed\.pth'):
        make_runner(load_from=change(checkpoint, **changes), resume=True).train()


def test_moments_of_other_shapes_are_not_resumed(make_runner, checkpoint):
    state = load_checkpoint_file(checkpoint)['optimizer']
    assert state['state']  # SGD with momentum, or the like
    for slot in state['state'].values():
        slot['momentum_buffer'] = torch.zeros(99)
    with pytest.raises(CheckpointError, match=r'changed\.pth cannot be resumed.*momentum_buffer of shape \(99,\)'):
        make_runner(load_from=change(checkpoint, optimizer=state), resume=True).train()


def test_histories_go_on_after_resuming(make_runner, checkpoint):
    before = load_checkpoint_file(checkpoint)['message_hub']['log_scalars']['train/loss'].data[0]
    resumed = make_runner(load_from=checkpoint, resume=True)
    resumed.train()
    after = resumed.message_hub.get_scalar('train/loss').data[0]
    assert len(after) > len(before) and (after[: len(before)] == before).all()
    unbroken = make_runner()
    unbroken.train()
    assert (after == unbroken.message_hub.get_scalar('train/loss').data[0]).all()


def test_a_log_that_cannot_be_written_ends_the_run(make_runner, full_disk, capfd):
    runner = make_runner()
    with full_disk(10), pytest.raises(UnwritableError, match=r'\.log cannot be written \(File too large\)'):
        runner.logger.error('a line')
    assert 'Traceback' not in capfd.readouterr().err


def test_a_record_that_cannot_be_formatted_ends_nothing(make_runner, capfd):
    make_runner().logger.error('a line', 1)
    assert 'not all arguments converted' in capfd.readouterr().err


def test_on_a_full_disk_no_hook_leaves_a_part_of_a_checkpoint(make_runner, full_disk):
    runner = make_runner(checkpoint=dict(type='CheckpointHook', interval=1))
    with full_disk(5000), pytest.raises(UnwritableError, match=r'/epoch_1\.pth cannot be written \(File too large\)'):
        runner.train()
    assert not list(Path(runner.work_dir).glob('*epoch_1*'))


@pytest.mark.parametrize(
    'storage', [dict(file_client_args=dict(backend='disk')), dict(backend_args=dict(backend='local'))]
)
def test_a_backend_that_is_chosen_writes_the_checkpoint(make_runner, tmp_path, monkeypatch, storage):
    monkeypatch.setattr(AtomicLocalBackend, 'put', lambda *args: pytest.fail('the atomic one was not chosen'))
    parts = dict(save_optimizer=False, save_param_scheduler=False)
    make_runner().save_checkpoint(str(tmp_path), 'saved.pth', **parts, **storage)
    assert load_checkpoint_file(tmp_path / 'saved.pth')['state_dict']


def test_an_initialized_part_needs_no_pretrained_weights(make_runner, checkpoint):
    """A model that is initialized twice reads the weights of its parts once."""
    runner = make_runner(model=dict(init_cfg=dict(type='Pretrained', checkpoint=checkpoint, prefix='backbone.')))
    runner._init_model_weights()
    Path(checkpoint).unlink()
    runner._init_model_weights()
