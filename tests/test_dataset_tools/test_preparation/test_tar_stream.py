import gzip
import io
import tarfile

import pytest

from mtcp_mm.tasks import DataError

FILES = {f'images/{i}.jpg': bytes([i + 1]) * 700 for i in range(4)}


@pytest.mark.parametrize('mode', ['w:', 'w:gz', 'w:bz2', 'w:xz'])
def test_wherever_it_is_cut_it_is_incomplete(tmp_path, write, mode, read_source):
    """Between two members, too, where tarfile sees nothing wrong."""
    path = write.tar(tmp_path / 'whole.tar', FILES, mode)
    assert read_source(path) == FILES
    content = path.read_bytes()
    needed = 4 * (512 + 1024) + 512 if mode == 'w:' else len(content)
    for cut in [*range(512, needed, 512 if mode == 'w:' else 61), needed - 1]:
        (tmp_path / 'cut.tar').write_bytes(content[:cut])
        with pytest.raises(DataError, match='cut.tar: the archive is damaged or incomplete'):
            read_source(tmp_path / 'cut.tar')


def test_a_flipped_bit_of_a_compressed_archive_is_found(tmp_path, write, read_source):
    content = bytearray(write.tar(tmp_path / 'whole.tgz', FILES).read_bytes())
    for place in range(20, len(content), 37):
        damaged = content.copy()
        damaged[place] ^= 16
        (tmp_path / 'damaged.tgz').write_bytes(damaged)
        with pytest.raises(DataError, match='damaged'):
            read_source(tmp_path / 'damaged.tgz')


def test_a_damaged_header_is_not_the_end(tmp_path, write, read_source):
    content = bytearray(write.tar(tmp_path / 'x.tar', FILES, 'w:').read_bytes())
    content[(512 + 1024) * 2] ^= 1
    (tmp_path / 'x.tar').write_bytes(content)
    with pytest.raises(DataError, match='its end is missing'):
        read_source(tmp_path / 'x.tar')


def test_a_negative_size_is_refused(tmp_path, read_source):
    info = tarfile.TarInfo('x')
    info.size = -512
    header = info.tobuf(tarfile.GNU_FORMAT)
    (tmp_path / 'x.tar').write_bytes(header + bytes(10240))
    with pytest.raises(DataError, match='size of -512'):
        read_source(tmp_path / 'x.tar')


def test_a_header_that_would_fill_memory_is_refused(tmp_path, read_source):
    info = tarfile.TarInfo('pax')
    info.type, info.size = tarfile.XHDTYPE, 1 << 32
    with gzip.open(tmp_path / 'x.tgz', 'wb') as file:
        file.write(info.tobuf() + bytes(1 << 20))
    with pytest.raises(DataError, match='a header of'):
        read_source(tmp_path / 'x.tgz')


def test_headers_upon_headers_are_refused(tmp_path, read_source):
    info = tarfile.TarInfo('long')
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 4
    (tmp_path / 'x.tar').write_bytes((info.tobuf() + b'name'.ljust(512, b'\0')) * 3000)
    with pytest.raises(DataError, match='damaged'):
        read_source(tmp_path / 'x.tar')


def test_zeros_without_end_are_refused(tmp_path, read_source):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode='w'):
        pass
    with gzip.open(tmp_path / 'x.tgz', 'wb', 1) as file:
        file.write(content.getvalue() + bytes(70 << 20))
    with pytest.raises(DataError, match='after its end'):
        read_source(tmp_path / 'x.tgz')


def test_long_headers_are_refused(tmp_path, read_source):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode='w', format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo('x'))
        info = tarfile.TarInfo('y')
        info.pax_headers = {'comment': 'c' * (2 << 20)}
        archive.addfile(info)
    (tmp_path / 'x.tar').write_bytes(content.getvalue())
    with pytest.raises(DataError, match=r'x\.tar: the archive is damaged .*a header of 2\d+ bytes'):
        read_source(tmp_path / 'x.tar')


def header(text: bytes, kind: bytes = tarfile.XHDTYPE, name: str = 'a') -> bytes:
    info = tarfile.TarInfo('pax')
    info.type, info.size = kind, len(text)
    return info.tobuf() + text + bytes(-len(text) % 512) + tarfile.TarInfo(name).tobuf()


@pytest.mark.parametrize('text', [b'9' * 16_000, b'20 path=' + b'9' * 301, b'9' * 301 + b' path=a\n'])
def test_numbers_without_end_are_refused(tmp_path, text, read_source):
    (tmp_path / 'x.tar').write_bytes(header(text) + bytes(1024))
    with pytest.raises(DataError, match='a number of more than 300 digits'):
        read_source(tmp_path / 'x.tar')


def test_names_and_files_of_digits_are_read(tmp_path, write, read_source):
    files = {'9' * 250 + '.jpg': b'1', '1.txt': b'9' * 100_000}
    assert read_source(write.tar(tmp_path / 'x.tar', files)) == files


def test_headers_that_are_too_long_together_are_refused(tmp_path, monkeypatch, read_source):
    monkeypatch.setattr('mtcp_mm.dataset_tools.preparation.tar_stream.ALL_HEADERS', 100_000)
    text = b'10009 comment=' + b'c' * 9994 + b'\n'
    for count, match in ((5, None), (15, 'more than 100000 bytes of headers')):
        content = b''.join(header(text, name=f'{i}') for i in range(count)) + bytes(1024)
        (tmp_path / 'x.tar').write_bytes(content)
        if match is None:
            assert len(read_source(tmp_path / 'x.tar')) == count
        else:
            with pytest.raises(DataError, match=match):
                read_source(tmp_path / 'x.tar')


def test_a_sparse_file_of_countless_pieces_is_refused(tmp_path, read_source):
    """Its map comes in blocks that are small, each of them."""
    fields = b'22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n'
    pieces = b'%d\n' % (1 << 30) + b'1\n' * (1 << 20)
    (tmp_path / 'x.tar').write_bytes(header(fields) + pieces + bytes(1024))
    with pytest.raises(DataError, match='a header of 33'):
        read_source(tmp_path / 'x.tar')


def test_a_myriad_of_entries_for_all_members_is_refused(tmp_path, read_source):
    parts = (b''.join(b'12 a%05d=c\n' % i for i in range(j * 400, j * 400 + 400)) for j in range(3))
    content = b''.join(header(text, tarfile.XGLTYPE, f'{j}') for j, text in enumerate(parts))
    (tmp_path / 'x.tar').write_bytes(content + bytes(1024))
    with pytest.raises(DataError, match='more than 1000 entries'):
        read_source(tmp_path / 'x.tar')


@pytest.mark.parametrize(
    'text', [b'x path=a\n', b'99999999999999999999 path=a\n', b'12 size=abc\n', b'11 \xff=\xff\xff\xff\n']
)
def test_odd_headers_are_damage(tmp_path, text, read_source):
    info = tarfile.TarInfo('pax')
    info.type, info.size = tarfile.XHDTYPE, len(text)
    (tmp_path / 'x.tar').write_bytes(info.tobuf() + text.ljust(512, b'\0') + tarfile.TarInfo('a').tobuf() + bytes(1024))
    try:
        read_source(tmp_path / 'x.tar')
    except DataError as error:
        assert 'x.tar' in str(error)
