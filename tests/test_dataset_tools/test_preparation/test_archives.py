import errno
import shutil
import stat
import tarfile
import tracemalloc
import zipfile

import pytest

from mtcp_mm.dataset_tools.preparation import archives
from mtcp_mm.dataset_tools.preparation.archive_limits import ArchiveLimits
from mtcp_mm.tasks import DataError

FILES = {f'images/{i}.jpg': bytes([i + 1]) * 700 for i in range(4)}


def test_wherever_it_is_cut_it_is_incomplete(tmp_path, write, read_source):
    path = write.zip(tmp_path / 'whole.zip', FILES)
    assert read_source(path) == FILES
    content = path.read_bytes()
    for cut in range(0, len(content), 41):
        (tmp_path / 'cut.zip').write_bytes(content[:cut])
        with pytest.raises(DataError, match='cut.zip: the archive is damaged or incomplete'):
            read_source(tmp_path / 'cut.zip')


def test_a_file_longer_than_its_entry_says_is_found(tmp_path, write, read_source):
    content = bytearray(write.zip(tmp_path / 'x.zip', {'a': bytes(1 << 20)}).read_bytes())
    size = content.index(b'PK\x01\x02') + 24
    content[size : size + 4] = (1000).to_bytes(4, 'little')
    (tmp_path / 'x.zip').write_bytes(content)
    with pytest.raises(DataError, match='CRC'):
        read_source(tmp_path / 'x.zip')


def lie(path, places: dict[int, int]) -> None:
    """Changes numbers in an archive's directory."""
    content = bytearray(path.read_bytes())
    start = content.index(b'PK\x01\x02')
    for place, value in places.items():
        content[start + place : start + place + 4] = value.to_bytes(4, 'little')
    path.write_bytes(content)


def test_a_file_far_longer_than_its_entry_says_does_not_fill_the_memory(tmp_path, write, read_source):
    path = write.zip(tmp_path / 'x.zip', {'a': bytes(100 << 20)})
    lie(path, {20: 4000, 24: 1000})
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r'x\.zip: .*CRC'):
            read_source(path)
        assert tracemalloc.get_traced_memory()[1] < 10e6
    finally:
        tracemalloc.stop()


def test_a_file_shorter_than_its_entry_says_is_found(tmp_path, write, read_source):
    path = write.zip(tmp_path / 'x.zip', {'a': b'1' * 1000})
    lie(path, {24: 1001})
    with pytest.raises(DataError, match="'a' has not the 1001 bytes"):
        read_source(path)


def test_far_more_packed_bytes_than_unpacked_ones_are_refused(tmp_path, write, read_source):
    path = write.zip(tmp_path / 'x.zip', {'a': b'1', 'b': bytes(5000)})
    lie(path, {20: 4099})
    with pytest.raises(DataError, match="'a' is packed in 4099 bytes and unpacked 1"):
        read_source(path)


def test_a_flipped_bit_anywhere_is_named_or_read(tmp_path, write, monkeypatch, read_source):
    monkeypatch.setattr(archives, 'track', lambda jobs, title: jobs)  # a bar each time takes most of the time
    content = write.zip(tmp_path / 'x.zip', {'a/b.txt': b'one', 'c.txt': b'two'}).read_bytes()
    for place in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[place // 8] ^= 1 << place % 8
        (tmp_path / 'x.zip').write_bytes(damaged)
        try:
            read_source(tmp_path / 'x.zip')
        except DataError as error:
            assert 'x.zip' in str(error)


@pytest.mark.parametrize('kind', [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind, read_source):
    info = tarfile.TarInfo('images')
    info.type, info.linkname = kind, '/tmp'
    with tarfile.open(tmp_path / 'links.tgz', 'w:gz') as archive:
        archive.addfile(info)
    with pytest.raises(DataError, match=r"links.tgz: member 'images' is a link, a device"):
        read_source(tmp_path / 'links.tgz')


def test_a_link_in_a_zip_is_refused(tmp_path, read_source):
    info = zipfile.ZipInfo('images')
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / 'links.zip', 'w') as archive:
        archive.writestr(info, '/tmp')
    with pytest.raises(DataError, match="'images' is a link or a device"):
        read_source(tmp_path / 'links.zip')


@pytest.mark.parametrize('content', [b'', b'PK', b'no archive at all' * 40, b'\x1f\x8b', b'PK\x03\x04'])
def test_what_is_no_archive_is_named(tmp_path, content, read_source):
    path = tmp_path / 'x.tgz'
    path.write_bytes(content)
    with pytest.raises(DataError, match='x.tgz: .*get it again'):
        read_source(path)


def test_an_archive_that_is_not_there_is_named(tmp_path, read_source):
    with pytest.raises(FileNotFoundError, match='x.tgz'):
        read_source(tmp_path / 'x.tgz')


def test_an_encrypted_zip_is_refused(tmp_path, write, read_source):
    content = bytearray(write.zip(tmp_path / 'x.zip', {'a': b'1'}).read_bytes())
    content[content.index(b'PK\x01\x02') + 8] |= 1  # the flag of encryption in the directory
    (tmp_path / 'x.zip').write_bytes(content)
    with pytest.raises(DataError, match="'a' is encrypted"):
        read_source(tmp_path / 'x.zip')


def test_a_zip_packed_in_a_way_that_cannot_be_bounded_is_refused(tmp_path, read_source):
    with zipfile.ZipFile(tmp_path / 'x.zip', 'w', zipfile.ZIP_BZIP2) as archive:
        archive.writestr('a', b'1')
    with pytest.raises(DataError, match='method 12'):
        read_source(tmp_path / 'x.zip')


@pytest.mark.parametrize('kind', ['tar', 'zip'])
def test_a_name_that_is_a_folder_too_is_refused(tmp_path, write, kind, read_source):
    with pytest.raises(DataError, match='x: the archive is damaged'):
        read_source(getattr(write, kind)(tmp_path / 'x', {'a': b'1', 'a/b': b'2'}))


@pytest.mark.parametrize(('kind', 'module'), [('tar', tarfile), ('zip', shutil)])
def test_a_full_disk_is_no_damage(tmp_path, write, kind, module, monkeypatch, read_source):
    def fill(*args) -> None:
        raise OSError(errno.ENOSPC, 'No space left on device')

    path = getattr(write, kind)(tmp_path / 'x', FILES)
    monkeypatch.setattr(module, 'copyfileobj', fill)
    with pytest.raises(OSError, match='No space left'):
        read_source(path)


def test_permissions_and_times_of_a_tar_do_not_count(tmp_path, write):
    info = tarfile.TarInfo('a')
    info.mode, info.mtime, info.uid = 0o4000, 1 << 62, 12345
    with tarfile.open(tmp_path / 'x.tar', 'w') as archive:
        archive.addfile(info)
    (tmp_path / 'out').mkdir()
    archives.extract(ArchiveLimits(tmp_path / 'x.tar', bool, 1 << 40), tmp_path / 'out')
    (tmp_path / 'b').touch()
    extracted, usual = (tmp_path / 'out/a').stat(), (tmp_path / 'b').stat()
    assert (extracted.st_mode, extracted.st_uid) == (usual.st_mode, usual.st_uid)
    assert abs(extracted.st_mtime - usual.st_mtime) < 60


def test_without_the_data_filter_only_a_zip_is_extracted(tmp_path, write, monkeypatch, read_source):
    monkeypatch.delattr(tarfile, 'data_filter')
    with pytest.raises(DataError, match=r'x\.tgz: Python 3.* cannot extract tar archives safely; update it'):
        read_source(write.tar(tmp_path / 'x.tgz', FILES))
    assert read_source(write.zip(tmp_path / 'x.zip', FILES)) == FILES
