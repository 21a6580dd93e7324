import errno
import os
from pathlib import Path

import pytest
import torch

from mtcp_mm.engine.checkpoint import find_resume_checkpoint, load_checkpoint_file


def saved(runner) -> list[str]:
    return sorted(path.name for path in Path(runner.work_dir).iterdir() if path.is_file() and '.pth' in path.name)


def fail_at(monkeypatch, name: str, error: BaseException):
    """Lets the replacement of one file, the last act of writing it, fail."""

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


def test_old_one_outlives_a_full_disk_and_resumes(make_runner, monkeypatch):
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
