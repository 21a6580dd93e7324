import io
import os
import random
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from mtcp_mm.dataset_tools.preparation.intake import BLOCK
from mtcp_mm.dataset_tools.preparation.unpacking import contents
from mtcp_mm.tasks import DataError
from mtcp_mm.utils import UserError

PLENTY = 1 << 40
FILES = {'a/b.txt': b'one', './c.txt': b'two'}


def read(path, room: int = PLENTY, wanted=lambda name: True) -> dict[str, bytes]:
    return dict(contents(Path(path), wanted, room))


def test_names_sizes_and_contents_are_those_that_were_written(tmp_path, write_form):
    source = write_form(tmp_path / 'source', FILES)
    assert read(source) == {'a/b.txt': b'one', 'c.txt': b'two'}
    assert read(source, wanted={'c.txt'}.__contains__) == {'c.txt': b'two'}


@pytest.mark.parametrize('name', ['/etc/passwd', '../x', 'a/../../x', 'a\\..\\x', 'C:/x', 'a/..'])
@pytest.mark.parametrize('kind', ['tar', 'zip'])
def test_a_name_that_leads_outside_is_refused(tmp_path, write, kind, name):
    path = getattr(write, kind)(tmp_path / 'archive', {'fine.txt': b'', name: b'x'})
    with pytest.raises(DataError, match='archive: member .* leads outside') as caught:
        read(path)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize('kind', ['tar', 'zip'])
@pytest.mark.filterwarnings('ignore:Duplicate name')
def test_a_name_that_is_there_twice_is_refused(tmp_path, write, kind):
    path = tmp_path / 'archive'
    if kind == 'tar':
        write.tar(path, {'x': b'1', './x': b'2'})
    else:
        write.zip(path, {'x': b'1', './x': b'2'})
    with pytest.raises(DataError, match="'x' is there twice"):
        read(path)


@pytest.mark.parametrize('kind', [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path, kind):
    info = tarfile.TarInfo('images')
    info.type, info.linkname = kind, '/tmp'
    with tarfile.open(tmp_path / 'links.tgz', 'w:gz') as archive:
        archive.addfile(info)
    with pytest.raises(DataError, match=r"links.tgz: member 'images' is a link, a device"):
        read(tmp_path / 'links.tgz')


def test_a_link_in_a_zip_is_refused(tmp_path):
    info = zipfile.ZipInfo('images')
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / 'links.zip', 'w') as archive:
        archive.writestr(info, '/tmp')
    with pytest.raises(DataError, match="'images' is a link or a device"):
        read(tmp_path / 'links.zip')


def test_files_that_take_more_than_there_is_room_for_are_refused(tmp_path, write_form):
    source = write_form(tmp_path / 'source', {'a': b'x' * 10000, 'b': b'', 'c': b''})
    needed = 10000 + 2 * BLOCK
    assert len(read(source, needed)) == 3
    with pytest.raises(DataError, match='make room'):
        read(source, needed - 1)


def test_a_tar_that_claims_to_be_huge_is_refused_before_it_is_read_through(tmp_path):
    info = tarfile.TarInfo('huge')
    info.size = 1 << 50
    (tmp_path / 'huge.tar').write_bytes(info.tobuf())
    with pytest.raises(DataError, match="at 'huge'"):
        read(tmp_path / 'huge.tar')


def test_a_zip_bomb_is_refused_by_the_size_it_admits(tmp_path, write):
    path = write.zip(tmp_path / 'bomb.zip', {'bomb': bytes(50 << 20)})
    assert path.stat().st_size < 1 << 20
    with pytest.raises(DataError, match='make room'):
        read(path, 10 << 20)


def test_a_folder_that_links_back_up_ends_and_hidden_files_are_left_out(tmp_path):
    (tmp_path / 'data/.git').mkdir(parents=True)
    (tmp_path / 'data/.git/x').write_text('hidden')
    (tmp_path / 'data/._x').write_text('of a file system')
    (tmp_path / 'elsewhere').mkdir()
    (tmp_path / 'elsewhere/y').write_text('seen')
    (tmp_path / 'data/up').symlink_to(tmp_path)
    (tmp_path / 'data/images').symlink_to(tmp_path / 'elsewhere')
    members = read(tmp_path / 'data')
    assert members['images/y'] == b'seen'
    assert not any('/.' in f'/{name}' for name in members)


def test_links_in_layers_end(tmp_path):
    for i in range(40):
        (tmp_path / f'{i}').mkdir()
        if i:
            for name in 'ab':
                (tmp_path / f'{i - 1}/{name}').symlink_to(tmp_path / f'{i}')
    (tmp_path / '39/x').write_text('x')
    assert len(read(tmp_path / '36')) == 2**3
    with pytest.raises(DataError, match='/39 in more than 100 ways'):
        read(tmp_path / '0')


@pytest.mark.parametrize('content', [b'', b'PK', b'no archive at all' * 40, b'\x1f\x8b', b'PK\x03\x04'])
def test_what_is_no_archive_is_named(tmp_path, content):
    path = Path(tmp_path, 'x.tgz')
    path.write_bytes(content)
    with pytest.raises(DataError, match='x.tgz: .*get it again'):
        read(path)


def test_an_archive_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='x.tgz'):
        read(tmp_path / 'x.tgz')


def test_an_encrypted_zip_is_refused(tmp_path, write):
    content = bytearray(write.zip(tmp_path / 'x.zip', {'a': b'1'}).read_bytes())
    content[content.index(b'PK\x01\x02') + 8] |= 1  # the flag of encryption in the directory
    (tmp_path / 'x.zip').write_bytes(content)
    with pytest.raises(DataError, match="'a' is encrypted"):
        read(tmp_path / 'x.zip')


def test_a_zip_packed_in_a_way_that_cannot_be_bounded_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / 'x.zip', 'w', zipfile.ZIP_BZIP2) as archive:
        archive.writestr('a', io.BytesIO(b'1').read())
    with pytest.raises(DataError, match='method 12'):
        read(tmp_path / 'x.zip')


@pytest.mark.parametrize('kind', ['tar', 'zip'])
def test_an_archive_that_grows_out_of_all_proportion_is_refused(tmp_path, write, monkeypatch, kind):
    monkeypatch.setattr('mtcp_mm.dataset_tools.preparation.intake.LEAST_ROOM', 1 << 20)
    files = {f'{i}.npy': bytes(1 << 18) for i in range(8)}
    with pytest.raises(DataError, match='x: .*more than 1048576 bytes'):
        read(getattr(write, kind)(tmp_path / 'x', files))
    noise = {name: random.Random(0).randbytes(1 << 18) for name in files}
    assert len(read(getattr(write, kind)(tmp_path / 'y', noise))) == 8
    assert len(read(write.folder(tmp_path / 'folder', files))) == 8


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / 'x.tgz')
    with pytest.raises(UserError, match=r'x\.tgz: a named pipe'):
        read(tmp_path / 'x.tgz')
    (tmp_path / 'data').mkdir()
    os.mkfifo(tmp_path / 'data/pipe')
    assert read(tmp_path / 'data') == {}
