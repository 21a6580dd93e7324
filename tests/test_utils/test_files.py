import errno
import os
import pickle

import pytest

from mtcp_mm.utils import UnwritableError, UserError, atomic_file, atomic_write, make_folder, whole_folder


def test_a_folder_gets_its_name_when_it_is_complete(tmp_path):
    out = tmp_path / 'deep/out'
    with whole_folder(out) as partial:
        (partial / 'file').write_text('x')
        assert not out.exists() and partial.name.startswith('.')
    assert (out / 'file').read_text() == 'x'
    assert [path.name for path in out.parent.iterdir()] == ['out']


@pytest.mark.parametrize('error', [OSError('disk full'), KeyboardInterrupt()])
def test_a_run_that_fails_leaves_nothing(tmp_path, error):
    with pytest.raises(type(error)):
        with whole_folder(tmp_path / 'out') as partial:
            (partial / 'file').write_text('x')
            raise error
    assert not list(tmp_path.iterdir())


def test_nobody_s_folder_is_replaced(tmp_path):
    out = tmp_path / 'out'
    with pytest.raises(OSError):
        with whole_folder(out):
            out.mkdir()
            (out / 'mine').write_text('x')
    assert [path.name for path in tmp_path.rglob('*')] == ['out', 'mine']


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / 'deep/file'
    atomic_write(path, b'first')
    atomic_write(path, b'second')
    assert path.read_bytes() == b'second'

    def fail(*_):
        raise OSError('disk full')

    monkeypatch.setattr('os.replace', fail)
    with pytest.raises(OSError, match='disk full'):
        atomic_write(path, b'third')
    assert [(p.name, p.read_bytes()) for p in path.parent.iterdir()] == [('file', b'second')]


def test_on_a_full_disk_a_file_is_unchanged(tmp_path, full_disk):
    path = tmp_path / 'file'
    atomic_write(path, b'before')
    with full_disk(1000), pytest.raises(UnwritableError, match=r'/file cannot be written \(File too large\)') as caught:
        atomic_write(path, bytes(5000))
    assert isinstance(caught.value, UserError) and isinstance(caught.value, OSError)
    assert caught.value.errno == errno.EFBIG
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [('file', b'before')]


@pytest.mark.parametrize('error', [ZeroDivisionError(), KeyboardInterrupt()])
def test_a_file_that_is_not_filled_does_not_appear(tmp_path, error):
    with pytest.raises(type(error)), atomic_file(tmp_path / 'file') as file:
        file.write(b'half')
        file.flush()
        raise error
    assert not list(tmp_path.iterdir())


def test_a_name_may_be_as_long_as_the_system_allows(tmp_path):
    for name in ('x' * 255, 'ä' * 127, 'x' * 250 + '.png'):
        atomic_write(tmp_path / name, b'content')
        with whole_folder(tmp_path / 'folders' / name) as partial:
            (partial / 'file').touch()
    with pytest.raises(UnwritableError, match='cannot be written'):
        atomic_write(tmp_path / ('x' * 256), b'content')


def test_a_partial_file_is_overwritten_by_the_next_with_its_token(tmp_path):
    with pytest.raises(KeyboardInterrupt), atomic_file(tmp_path / 'file', 'tmp') as file:
        left = file.name
        raise KeyboardInterrupt
    with open(left, 'wb') as file:
        file.write(b'what a kill left')
    atomic_write(tmp_path / 'file', b'new', 'tmp')
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [('file', b'new')]


def write_folder(path):
    with whole_folder(path):
        pass


@pytest.mark.parametrize('write', [lambda path: atomic_write(path, b'x'), make_folder, write_folder])
def test_a_file_in_the_way_is_named(tmp_path, write):
    (tmp_path / 'file').write_bytes(b'mine')
    with pytest.raises(UnwritableError, match=r'file/new cannot be written \((Not a directory|File exists: .*/file)\)'):
        write(tmp_path / 'file' / 'new')
    assert (tmp_path / 'file').read_bytes() == b'mine'


def test_a_folder_of_results_can_be_written_to(tmp_path):
    assert make_folder(f'{tmp_path}/a/b') == tmp_path / 'a' / 'b'
    make_folder(tmp_path / 'a')
    assert not list((tmp_path / 'a' / 'b').iterdir())
    (tmp_path / 'file').touch()
    with pytest.raises(UnwritableError, match=r'file cannot be written \(File exists\)'):
        make_folder(tmp_path / 'file')


def test_a_folder_that_is_not_writable(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr('mtcp_mm.utils.files.TemporaryFile', refuse)
    with pytest.raises(UnwritableError, match=r'/out cannot be written \(Read-only file system\)'):
        make_folder(tmp_path / 'out')


def test_a_full_disk_names_the_folder_and_not_the_partial_one(tmp_path, full_disk):
    with full_disk(1000), pytest.raises(UnwritableError, match=r'/out cannot be written \(File too large\)'):
        with whole_folder(tmp_path / 'out') as partial:
            (partial / 'file').write_bytes(bytes(5000))
    assert not list(tmp_path.iterdir())


def test_errors_of_reading_do_not_name_the_output_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match='source'), whole_folder(tmp_path / 'out'):
        (tmp_path / 'source').read_bytes()


def test_the_error_comes_back_from_another_process():
    error = UnwritableError.of('out', OSError(errno.ENOSPC, 'full'))
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
