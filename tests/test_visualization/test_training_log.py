import json
import os

import pytest

from mtcp_mm.utils import UserError
from mtcp_mm.visualization import read_training_log


def write_run(work_dir, stamp, lines):
    folder = work_dir / stamp / 'vis_data'
    folder.mkdir(parents=True)
    (folder / 'scalars.json').write_text(
        '\n'.join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    )


def train(iteration, loss, epoch=None):
    clock = {} if epoch is None else {'epoch': epoch}
    return {'loss_depth': loss, 'lr': 0.1, **clock, 'iter': iteration, 'step': iteration}


def val(step, value):
    return {'depth/rmse': value, 'step': step}


def test_resumed_runs_are_joined_and_the_later_wins(tmp_path):
    # Epochs of 10 iterations. The first run dies in its third epoch, and is resumed from the end of its first.
    first = [train(5, 0.9, 1), train(10, 0.8, 1), val(1, 1.0), train(15, 0.7, 2), train(20, 0.6, 2), val(2, 0.9)]
    write_run(tmp_path, '20250101_000000', [*first, train(25, 9.0, 3), '{"loss_depth": 0.1, "st'])
    write_run(tmp_path, '20250102_000000', [train(15, 0.5, 2), train(20, 0.4, 2), val(2, 0.8)])
    write_run(tmp_path, '20250103_000000', [val(0, 5.0)])  # a validation alone
    log = read_training_log(tmp_path)
    assert log.unit == 'epoch'
    assert log.train['loss_depth'].x == [0.5, 1.0, 1.5, 2.0]
    assert log.train['loss_depth'].y == [0.9, 0.8, 0.5, 0.4]
    assert log.val['depth/rmse'] == ([1, 2], [1.0, 0.8])
    assert set(log.train) == {'loss_depth', 'lr'}


def test_a_new_training_replaces_the_old_one(tmp_path):
    write_run(tmp_path, '20250101_000000', [train(5, 0.9, 1), train(10, 0.8, 1), val(1, 1.0)])
    write_run(tmp_path, '20250102_000000', [train(5, 0.3, 1)])
    log = read_training_log(tmp_path)
    assert log.train['loss_depth'].y == [0.3] and not log.val


def test_epoch_length_with_records_that_miss_the_epochs_end(tmp_path):
    # 7 iterations an epoch, logged every 3: 3, 6, 10, 13, ...
    lines = [train(7 * epoch + k, 1.0, epoch + 1) for epoch in range(3) for k in (3, 6)]
    write_run(tmp_path, '20250101_000000', lines)
    assert read_training_log(tmp_path).train['loss_depth'].x == pytest.approx([i['iter'] / 7 for i in lines])


def test_a_resumed_run_of_one_epoch_without_the_log_before_it(tmp_path):
    write_run(tmp_path, '20250101_000000', [train(25, 1.0, 3), train(30, 0.9, 3), val(3, 0.8)])
    assert read_training_log(tmp_path).train['loss_depth'].x == pytest.approx([2.5, 3])


def test_iterations_and_hierarchical_names(tmp_path):
    lines = [{'train/loss_depth': 1.0, 'iter': 50, 'step': 50}, {'val/a/b': 2, 'step': 50}]
    write_run(tmp_path, '20250101_000000', lines)
    log = read_training_log(tmp_path)
    assert log.unit == 'iteration'
    assert log.train == {'loss_depth': ([50], [1.0])} and log.val == {'a/b': ([50], [2])}


def test_a_folder_without_a_log_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=f'{tmp_path}: no training was logged'):
        read_training_log(tmp_path)


@pytest.mark.parametrize(
    'lines',
    [
        ['[' * 100_000], [dict(train(1, 0.5, 1), iter='b')], [dict(train(1, 0.5), step=[1])],
        [dict(train(1, 0.5), iter=10**400)],
    ],
    ids=['deep', 'text', 'list', 'huge'],
)  # fmt: skip
def test_a_damaged_log_is_named(tmp_path, lines):
    write_run(tmp_path, 'first', lines)
    with pytest.raises(UserError, match=r'first/vis_data/scalars\.json: no log of a training'):
        read_training_log(tmp_path)


def test_a_log_that_would_never_end_is_named(tmp_path):
    write_run(tmp_path, 'first', [])
    path = tmp_path / 'first/vis_data/scalars.json'
    path.write_bytes(b'\xff')
    os.truncate(path, 5 << 30)
    with pytest.raises(UserError, match=r'scalars\.json: .*it has 5368709120 bytes'):
        read_training_log(tmp_path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(UserError, match=r'scalars\.json: a named pipe'):
        read_training_log(tmp_path)


def test_records_with_and_without_epochs_do_not_mix(tmp_path):
    write_run(tmp_path, 'first', [train(1, 0.5, 1), train(2, 0.5)])
    with pytest.raises(UserError, match='only some of its records have an epoch'):
        read_training_log(tmp_path)


def test_numbers_of_any_size_are_values(tmp_path):
    write_run(tmp_path, 'first', [train(0, 10**400, 1), train(0, 0.5, 1)])
    assert read_training_log(tmp_path).train['loss_depth'] == ([0, 0], [float('inf'), 0.5])
