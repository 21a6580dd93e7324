import random
import tarfile

import pytest

from mtcp_mm.dataset_tools.preparation.archive_limits import BLOCK
from mtcp_mm.tasks import DataError


@pytest.mark.parametrize('name', ['/etc/passwd', '../x', 'a/../../x', 'a\\..\\x', 'C:/x', 'a/..'])
@pytest.mark.parametrize('kind', ['tar', 'zip'])
def test_a_name_that_leads_outside_is_refused(tmp_path, write, kind, name, read_source):
    path = getattr(write, kind)(tmp_path / 'archive', {'fine.txt': b'', name: b'x'})
    with pytest.raises(DataError, match='archive: member .* leads outside') as caught:
        read_source(path)
    assert repr(name) in str(caught.value)


@pytest.mark.parametrize('kind', ['tar', 'zip'])
@pytest.mark.filterwarnings('ignore:Duplicate name')
def test_a_name_that_is_there_twice_is_refused(tmp_path, write, kind, read_source):
    path = tmp_path / 'archive'
    if kind == 'tar':
        write.tar(path, {'x': b'1', './x': b'2'})
    else:
        write.zip(path, {'x': b'1', './x': b'2'})
    with pytest.raises(DataError, match="'x' is there twice"):
        read_source(path)


def test_files_that_take_more_than_there_is_room_for_are_refused(tmp_path, write_form, read_source):
    source = write_form(tmp_path / 'source', {'a': b'x' * 10000, 'b': b'', 'c': b''})
    needed = 10000 + 2 * BLOCK
    assert len(read_source(source, needed)) == 3
    with pytest.raises(DataError, match='make room'):
        read_source(source, needed - 1)


def test_a_tar_that_claims_to_be_huge_is_refused_before_it_is_read_through(tmp_path, read_source):
    info = tarfile.TarInfo('huge')
    info.size = 1 << 50
    (tmp_path / 'huge.tar').write_bytes(info.tobuf())
    with pytest.raises(DataError, match="at 'huge'"):
        read_source(tmp_path / 'huge.tar')


def test_a_zip_bomb_is_refused_by_the_size_it_admits(tmp_path, write, read_source):
    path = write.zip(tmp_path / 'bomb.zip', {'bomb': bytes(50 << 20)})
    assert path.stat().st_size < 1 << 20
    with pytest.raises(DataError, match='make room'):
        read_source(path, 10 << 20)


@pytest.mark.parametrize('kind', ['tar', 'zip'])
def test_an_archive_that_grows_out_of_all_proportion_is_refused(tmp_path, write, monkeypatch, kind, read_source):
    monkeypatch.setattr('mtcp_mm.dataset_tools.preparation.archive_limits.MIN_ALLOWANCE', 1 << 20)
    files = {f'{i}.npy': bytes(1 << 18) for i in range(8)}
    with pytest.raises(DataError, match='x: .*more than 1048576 bytes'):
        read_source(getattr(write, kind)(tmp_path / 'x', files))
    noise = {name: random.Random(0).randbytes(1 << 18) for name in files}
    assert len(read_source(getattr(write, kind)(tmp_path / 'y', noise))) == 8
    assert len(read_source(write.folder(tmp_path / 'folder', files))) == 8
