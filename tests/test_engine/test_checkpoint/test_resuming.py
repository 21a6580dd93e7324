import logging
import os
import zipfile
from pathlib import Path

import pytest
import torch
from mmengine.logging import MMLogger

from mtcp_mm.engine.checkpoint import CheckpointError, find_resume_checkpoint


def save(path: Path, **extra) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {'weight': torch.arange(1000.0)}
    torch.save(dict(meta=dict(epoch=1), state_dict=tensors, message_hub={}, optimizer={}) | extra, path)
    return path


def name_last(work_dir: Path, path: Path | str) -> None:
    (work_dir / 'last_checkpoint').write_text(str(path))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip(path: Path) -> None:
    """Changes one byte in the middle of a tensor."""
    with zipfile.ZipFile(path) as archive:
        entry = next(info for info in archive.infolist() if info.file_size == 4000)
    with open(path, 'r+b') as file:
        file.seek(entry.header_offset + 2000)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


@pytest.fixture
def warnings():
    """Collects the warnings of MMEngine's current logger."""
    messages = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = MMLogger.get_current_instance()
    logger.addHandler(handler)
    yield messages
    logger.removeHandler(handler)


def test_nothing_saved_yet(tmp_path):
    assert find_resume_checkpoint(tmp_path) is None
    assert find_resume_checkpoint(tmp_path / 'nowhere') is None
    save(tmp_path / 'best_mIoU_epoch_3.pth')
    assert find_resume_checkpoint(tmp_path) is None


def test_takes_the_recorded_checkpoint(tmp_path, warnings):
    save(tmp_path / 'epoch_3.pth')
    name_last(tmp_path, save(tmp_path / 'epoch_2.pth'))
    assert find_resume_checkpoint(tmp_path) == str(tmp_path / 'epoch_2.pth')
    assert warnings == []


def test_takes_the_newest_by_number_if_none_is_named(tmp_path):
    for number in (9, 10, 8):
        save(tmp_path / f'epoch_{number}.pth')
    assert find_resume_checkpoint(tmp_path) == str(tmp_path / 'epoch_10.pth')
    name_last(tmp_path, '')
    assert find_resume_checkpoint(tmp_path) == str(tmp_path / 'epoch_10.pth')
    name_last(tmp_path, '/elsewhere/epoch_11.pth')  # the folder was moved
    assert find_resume_checkpoint(tmp_path) == str(tmp_path / 'epoch_10.pth')


@pytest.mark.parametrize('damage', [cut, flip])
def test_damaged_one_is_named_and_an_older_one_taken(tmp_path, warnings, damage):
    older, last = (save(tmp_path / f'iter_{number}.pth') for number in (500, 1000))
    name_last(tmp_path, last)
    damage(last)
    assert find_resume_checkpoint(tmp_path) == str(older)
    assert len(warnings) == 1
    assert str(last) in warnings[0]


def test_checkpoints_beside_the_named_one_count(tmp_path):
    last = save(tmp_path / 'elsewhere' / 'epoch_2.pth')
    older = save(tmp_path / 'elsewhere' / 'epoch_1.pth')
    (tmp_path / 'run').mkdir()
    name_last(tmp_path / 'run', last)
    assert find_resume_checkpoint(tmp_path / 'run') == str(last)
    cut(last)
    assert find_resume_checkpoint(tmp_path / 'run') == str(older)


def test_weights_alone_cannot_be_resumed(tmp_path):
    torch.save(dict(state_dict={}), tmp_path / 'epoch_2.pth')
    older = save(tmp_path / 'epoch_1.pth')
    assert find_resume_checkpoint(tmp_path) == str(older)


def test_all_damaged_is_an_error_rather_than_a_new_training(tmp_path):
    cut(save(tmp_path / 'epoch_1.pth'))
    with pytest.raises(CheckpointError, match='None of the 1 checkpoints'):
        find_resume_checkpoint(tmp_path)


@pytest.mark.parametrize(
    'content',
    [
        5,
        dict(state_dict={'weight': torch.full((2,), float('nan'))}, meta={}, message_hub={}),
        dict(state_dict={}, meta=dict(epoch='1'), message_hub={}),
        dict(state_dict={}, meta={}, message_hub='text'),
        dict(state_dict={}, meta={}, message_hub={}, optimizer=[1]),
    ],
)
def test_checkpoints_that_cannot_be_resumed_are_skipped(tmp_path, warnings, content):
    older = save(tmp_path / 'epoch_1.pth')
    torch.save(content, tmp_path / 'epoch_2.pth')
    assert find_resume_checkpoint(tmp_path) == str(older)
    assert len(warnings) == 1 and 'epoch_2.pth' in warnings[0]


@pytest.mark.parametrize(
    'note', [b'a\0b', b'/a\0b/epoch_1.pth', b'\xff\xfe', b'x' * 5000, b'/' + b'y/' * 3000, b'.', b'/']
)
def test_a_damaged_record_is_ignored(tmp_path, note):
    kept = save(tmp_path / 'epoch_1.pth')
    (tmp_path / 'last_checkpoint').write_bytes(note)
    assert find_resume_checkpoint(tmp_path) == str(kept)
