import errno
import os
import re
from inspect import signature
from pathlib import Path

import pytest
import torch
from mmengine.hooks import CheckpointHook

from mtcp_mm.engine.checkpoint import CheckpointError, find_resume_checkpoint, load_checkpoint_file, safe_loading
from mtcp_mm.engine.hooks import AtomicCheckpointHook


def saved(runner) -> list[str]:
    return sorted(path.name for path in Path(runner.work_dir).iterdir() if path.is_file() and '.pth' in path.name)


def fail_at(monkeypatch, name: str, error: BaseException):
    """Makes the last step of writing a file fail, which replaces the old one."""

    def replace(source, target, replace=os.replace):
        if Path(target).name == name:
            raise error
        replace(source, target)

    monkeypatch.setattr('os.replace', replace)


def test_keeps_the_latest_and_names_the_last(make_runner):
    runner = make_runner(checkpoint=dict(max_keep_ckpts=2))
    runner.train()
    assert saved(runner) == ['epoch_2.pth', 'epoch_3.pth']
    assert Path(runner.work_dir, 'last_checkpoint').read_text() == f'{runner.work_dir}/epoch_3.pth'
    assert load_checkpoint_file(f'{runner.work_dir}/epoch_3.pth')['meta']['epoch'] == 3


def test_the_old_checkpoint_survives_a_full_disk_and_resumes(make_runner, monkeypatch):
    unbroken = make_runner()
    unbroken.train()
    expected = {name: value.clone() for name, value in unbroken.model.state_dict().items()}
    for name in saved(unbroken):
        Path(unbroken.work_dir, name).unlink()

    broken = make_runner(checkpoint=dict(max_keep_ckpts=1))
    with monkeypatch.context() as patch:
        fail_at(patch, 'epoch_2.pth', OSError(errno.ENOSPC, 'No space left on device'))
        with pytest.raises(OSError, match=r'epoch_2\.pth cannot be written'):
            broken.train()
    assert saved(broken) == ['epoch_1.pth']
    assert find_resume_checkpoint(broken.work_dir) == f'{broken.work_dir}/epoch_1.pth'

    resumed = make_runner(checkpoint=dict(max_keep_ckpts=1), resume=True)
    resumed.train()
    assert saved(resumed) == ['epoch_3.pth']
    assert all(torch.equal(expected[name], value) for name, value in resumed.model.state_dict().items())


def test_resumed_training_removes_what_a_kill_left(make_runner, monkeypatch):
    broken = make_runner(checkpoint=dict(max_keep_ckpts=1))
    with monkeypatch.context() as patch:
        patch.setattr('os.remove', lambda path: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            broken.train()
    assert saved(broken) == ['epoch_1.pth', 'epoch_2.pth']
    resumed = make_runner(checkpoint=dict(max_keep_ckpts=1), resume=True)
    resumed.train()
    assert saved(resumed) == ['epoch_3.pth']


def test_best_follows_the_score_and_is_known_after_resuming(make_runner):
    settings = dict(save_best='score', rule='greater', max_keep_ckpts=1)
    first = make_runner(scores=[1.0, 3.0], checkpoint=settings, break_at=8)
    with pytest.raises(KeyboardInterrupt):
        first.train()
    assert saved(first) == ['best_score_epoch_2.pth', 'epoch_2.pth']
    resumed = make_runner(scores=[4.0], checkpoint=settings, resume=True)
    resumed.train()
    assert saved(resumed) == ['best_score_epoch_3.pth', 'epoch_3.pth']


@pytest.mark.parametrize('save_best', ['auto', 'score', ['score']])
def test_worse_score_leaves_the_best(make_runner, save_best):
    runner = make_runner(scores=[3.0, 1.0, 2.0], checkpoint=dict(save_best=save_best, rule='greater', max_keep_ckpts=1))
    runner.train()
    assert saved(runner) == ['best_score_epoch_1.pth', 'epoch_3.pth']


def test_old_best_outlives_a_failing_new_one(make_runner, monkeypatch):
    runner = make_runner(scores=[1.0, 2.0, 3.0], checkpoint=dict(save_best='score', rule='greater'))
    fail_at(monkeypatch, 'best_score_epoch_2.pth', KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        runner.train()
    assert saved(runner) == ['best_score_epoch_1.pth', 'epoch_1.pth', 'epoch_2.pth']


def test_several_best_ones(make_runner):
    checkpoint = dict(save_best=['score', 'error'], rule=['greater', 'less'], max_keep_ckpts=1)
    runner = make_runner(scores=[1.0, 3.0, 2.0], checkpoint=checkpoint)
    runner.train()
    assert saved(runner) == ['best_error_epoch_3.pth', 'best_score_epoch_2.pth', 'epoch_3.pth']


def test_rewriting_the_epochs_file_fails_without_harm(make_runner, monkeypatch):
    runner = make_runner(scores=[1.0, 2.0], checkpoint=dict(save_best='score', rule='greater'))
    calls = []

    def replace(source, target, replace=os.replace):
        calls.append(Path(target).name)
        if calls.count('epoch_1.pth') == 2:
            raise OSError(errno.ENOSPC, 'No space left on device')
        replace(source, target)

    monkeypatch.setattr('os.replace', replace)
    with pytest.raises(OSError, match='epoch_1'):
        runner.train()
    assert find_resume_checkpoint(runner.work_dir) == f'{runner.work_dir}/epoch_1.pth'
    assert load_checkpoint_file(f'{runner.work_dir}/best_score_epoch_1.pth')['state_dict']


def test_takes_the_arguments_of_its_parent(tmp_path, make_runner):
    assert signature(AtomicCheckpointHook) == signature(CheckpointHook)
    hook = AtomicCheckpointHook(2, False, False, False, tmp_path, 3, False, 'score', 'less')
    assert (hook.interval, hook.by_epoch, hook.max_keep_ckpts, hook.save_last, hook.rules) == (
        2,
        False,
        3,
        False,
        ['less'],
    )
    hook = AtomicCheckpointHook(file_client_args=dict(backend='disk'))
    hook.before_train(make_runner())
    assert hook.file_backend is hook.file_client
    hook = AtomicCheckpointHook(out_dir=tmp_path)
    hook.before_train(make_runner())
    assert (hook.out_dir, hook.backend_args) == (str(tmp_path / 'run'), dict(backend='atomic'))
    with pytest.raises(ValueError, match='cannot be set at the same time'):
        AtomicCheckpointHook(file_client_args=dict(backend='disk'), backend_args=dict(backend='local'))


@pytest.mark.parametrize(
    'settings',
    [
        {},
        dict(file_client_args=dict(backend='disk')),
        dict(backend_args=dict(backend='local')),
        dict(max_keep_ckpts=1, filename_tmpl='saved_{}.pth'),
        dict(interval=2, save_begin=1, save_last=False),
        dict(interval=-1, save_optimizer=False, save_param_scheduler=False),
        dict(save_best='score', rule='greater', published_keys=['state_dict', 'meta']),
        dict(save_best=['score', 'error'], rule=['greater', 'less'], published_keys='state_dict'),
    ],
)
@pytest.mark.parametrize('elsewhere', [False, True])
def test_saves_the_files_that_its_parent_saves(make_runner, tmp_path, settings, elsewhere):
    files, contents = [], []
    for kind in (AtomicCheckpointHook, CheckpointHook):
        out_dir = str(tmp_path / kind.__name__) if elsewhere else None
        runner = make_runner(scores=[1.0, 3.0, 2.0], checkpoint=dict(type=kind, out_dir=out_dir) | settings)
        with safe_loading():  # MMEngine 0.10.7 alone loads nothing of its own from torch 2.6 on
            runner.train()
        folder = Path(out_dir, 'run') if elsewhere else Path(runner.work_dir)
        found = sorted(path for path in folder.iterdir() if path.suffix == '.pth')
        files.append([re.sub('-[0-9a-f]{8}', '-sum', path.name) for path in found])
        contents.append([sorted(load_checkpoint_file(path)) for path in found])
        for path in found:
            path.unlink()
    assert files[0] == files[1] != []
    assert contents[0] == contents[1]


class MakesAFolder:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.path),)


def test_publishing_runs_no_code_from_the_checkpoint(make_runner, tmp_path):
    """A resumed checkpoint names the best one, which is published."""
    torch.save(dict(state_dict={}, extra=MakesAFolder(tmp_path / 'witness')), tmp_path / 'evil.pth')
    hook = AtomicCheckpointHook(save_best='score', rule='greater', published_keys='state_dict')
    with pytest.raises(CheckpointError, match=r'evil\.pth is refused'):
        hook._publish_model(make_runner(), str(tmp_path / 'evil.pth'))
    assert not (tmp_path / 'witness').exists()


def test_a_resumed_checkpoint_cannot_have_other_files_removed(make_runner, tmp_path):
    settings = dict(save_best='score', rule='greater', max_keep_ckpts=1)
    first = make_runner(scores=[1.0, 3.0], checkpoint=settings, break_at=8)
    with pytest.raises(KeyboardInterrupt):
        first.train()
    other = tmp_path / 'precious.pth'
    other.touch()
    path = f'{first.work_dir}/epoch_2.pth'
    content = torch.load(path, weights_only=False)
    content['message_hub']['runtime_info']['best_ckpt'] = str(other)
    torch.save(content, path)
    make_runner(scores=[4.0], checkpoint=settings, resume=True).train()
    assert other.exists() and 'best_score_epoch_3.pth' in saved(first)
    content['message_hub']['runtime_info']['keep_ckpt_ids'] = ['/../../precious']
    torch.save(content, path)
    with pytest.raises(CheckpointError, match='keep_ckpt_ids'):
        make_runner(scores=[4.0], checkpoint=settings, load_from=path, resume=True).train()
