import errno
import os
import stat

import pytest
from mmengine.fileio import get_file_backend

from mtcp_mm.engine.checkpoint import AtomicLocalBackend


class FullDisk:
    """A file on a disk that is full after a few bytes."""

    def __init__(self, file) -> None:
        self.file = file

    def __enter__(self):
        return self

    def __exit__(self, *error) -> None:
        self.file.close()

    def write(self, content: bytes) -> None:
        self.file.write(content[:3])
        self.file.flush()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fill_disk(monkeypatch) -> None:
    monkeypatch.setattr('builtins.open', lambda *args, opened=open: FullDisk(opened(*args)))


def break_off(*args) -> None:
    raise KeyboardInterrupt


def test_is_registered_and_writes(tmp_path):
    backend = get_file_backend(str(tmp_path), backend_args=dict(backend='atomic'))
    assert isinstance(backend, AtomicLocalBackend)
    path = tmp_path / 'new' / 'a.pth'
    backend.put(b'first', path)
    backend.put(b'2nd', str(path))
    assert path.read_bytes() == b'2nd'
    backend.put_text('größer', path)
    assert path.read_text(encoding='utf-8') == 'größer'
    assert os.listdir(path.parent) == ['a.pth']


def test_permissions_follow_the_umask(tmp_path):
    old = os.umask(0o027)
    try:
        AtomicLocalBackend().put(b'x', tmp_path / 'a.pth')
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / 'a.pth').stat().st_mode) == 0o640


def test_full_disk_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / 'a.pth'
    path.write_bytes(b'whole')
    with monkeypatch.context() as patch:
        fill_disk(patch)
        with pytest.raises(OSError, match=r'a\.pth cannot be written \(No space left on device\)') as caught:
            AtomicLocalBackend().put(b'something longer', path)
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == b'whole'
    assert os.listdir(tmp_path) == ['a.pth']


@pytest.mark.parametrize('function', ['os.fsync', 'os.replace'])
def test_interrupt_leaves_the_file_as_it_was(tmp_path, monkeypatch, function):
    path = tmp_path / 'a.pth'
    path.write_bytes(b'whole')
    monkeypatch.setattr(function, break_off)
    with pytest.raises(KeyboardInterrupt):
        AtomicLocalBackend().put(b'new', path)
    assert path.read_bytes() == b'whole'
    assert os.listdir(tmp_path) == ['a.pth']
