import errno
import os
import socket
import struct
import tokenize
import zlib

import pytest

from mtcp_mm.utils import (
    IrregularFileError,
    MissingFileError,
    MissingPackageError,
    UserError,
    open_regular,
    read_json,
    read_text,
    reading,
    require_regular,
    untrusted,
)


class SpecialError(UserError):
    pass


def test_a_file_without_permission_is_named(tmp_path, monkeypatch):
    def refuse(path, mode):
        raise PermissionError(13, 'Permission denied', str(path))

    (tmp_path / 'secret').touch()
    monkeypatch.setattr(untrusted, 'open', refuse, raising=False)
    with pytest.raises(UserError, match='secret: no permission to read it; correct its permissions'):
        open_regular(tmp_path / 'secret')
    with pytest.raises(MissingFileError, match='none: no such file'):
        open_regular(tmp_path / 'none')


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


@pytest.mark.parametrize(
    ('make', 'name'),
    [
        (os.mkfifo, 'a named pipe'),
        (os.mkdir, 'a folder'),
        (lambda path: path.symlink_to('/dev/zero'), 'a device'),
        (make_socket, 'a socket'),
    ],
    ids=['pipe', 'folder', 'device', 'socket'],
)
def test_irregular_files_are_named_and_not_opened(tmp_path, monkeypatch, make, name):
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    path = (tmp_path / 'x').relative_to(tmp_path)
    make(path)
    for check in (require_regular, open_regular):
        with pytest.raises(IrregularFileError, match=f'x: {name}, where a file is expected'):
            check(path)


def test_files_and_links_to_them_are_opened(tmp_path):
    (tmp_path / 'a').write_bytes(b'1')
    (tmp_path / 'b').symlink_to('a')
    with open_regular(str(tmp_path / 'b')) as file:
        assert file.read() == b'1'
    (tmp_path / 'a').unlink()
    with pytest.raises(FileNotFoundError):
        require_regular(tmp_path / 'b')


@pytest.mark.parametrize(
    'error',
    [
        ValueError('odd'), OSError(5, 'odd'), KeyError('odd'), MemoryError('odd'), RecursionError('odd'),
        struct.error('odd'), zlib.error('odd'), tokenize.TokenError('odd', (1, 0)), StopIteration('odd'),
        UserError('a.x: odd'), Exception('odd'),
    ],
    ids=lambda error: type(error).__name__,
)  # fmt: skip
def test_whatever_a_reader_raises_names_the_file_once(error):
    with pytest.raises(SpecialError, match=r'^a\.x: is bad \(.*odd.*\); mend it$') as caught:
        with reading('a.x', 'mend it', 'is bad', SpecialError):
            raise error
    assert caught.value.__cause__ is error and str(caught.value).count('a.x') == 1


@pytest.mark.parametrize(
    'error',
    [SpecialError('mine'), MissingPackageError('none'), KeyboardInterrupt(), OSError(errno.ENOSPC, 'disk full')],
)
def test_its_own_errors_interruptions_and_a_full_disk_pass(error):
    with pytest.raises(type(error)) as caught, reading('a.x', 'mend it', kind=SpecialError):
        raise error
    assert caught.value is error


@pytest.mark.parametrize(
    ('content', 'text'),
    [(b'', ''), (b'\xef\xbb\xbfa\r\nb\rc\n', 'a\nb\nc\n'), ('Küche'.encode(), 'Küche')],
)
def test_texts_are_read_whatever_system_wrote_them(tmp_path, content, text):
    (tmp_path / 'a.txt').write_bytes(content)
    assert read_text(tmp_path / 'a.txt', 'mend it') == text


def test_files_that_are_not_text_are_named(tmp_path):
    path = tmp_path / 'a.txt'
    with pytest.raises(FileNotFoundError, match=r'a\.txt'):
        read_text(path, 'mend it')
    path.write_bytes(b'\xff')
    with pytest.raises(SpecialError, match=r'a\.txt: no text file in UTF-8 .*; mend it'):
        read_text(path, 'mend it', SpecialError)
    os.truncate(path, 5 << 30)
    with pytest.raises(SpecialError, match=r'a\.txt: .*it has 5368709120 bytes, and at most 67108864'):
        read_text(path, 'mend it', SpecialError)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(IrregularFileError, match=r'a\.txt: a named pipe'):
        read_text(path, 'mend it')


@pytest.mark.parametrize('content', [b'', b'{', b'[' * 100_000, b'9' * 5000, b'\xff'])
def test_damaged_json_is_named(tmp_path, content):
    (tmp_path / 'a.json').write_bytes(content)
    with pytest.raises(SpecialError, match=r'a\.json: .*; mend it'):
        read_json(tmp_path / 'a.json', 'mend it', SpecialError)
    (tmp_path / 'a.json').write_bytes(b'\xef\xbb\xbf[1]')
    assert read_json(tmp_path / 'a.json', 'mend it') == [1]
