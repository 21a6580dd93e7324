import pytest

from mtcp_mm.dataset_tools.preparation.archive_files import NYUD_FILES
from mtcp_mm.dataset_tools.preparation.intake import LARGEST_FILE
from mtcp_mm.dataset_tools.preparation.unpacking import unpack
from mtcp_mm.tasks import DataError


def test_the_layout_s_files_are_written_and_no_others(tmp_path, nyud_files, write_form):
    (tmp_path / 'out').mkdir()
    unpack(write_form(tmp_path / 'source', nyud_files), NYUD_FILES, tmp_path / 'out')
    written = {path.relative_to(tmp_path / 'out').as_posix(): path.read_bytes() for path in tmp_path.glob('out/*/*')}
    wanted = {
        name.removeprefix('NYUD_MT/'): content
        for name, content in nyud_files.items()
        if 'README' not in name and '._' not in name
    }
    assert written == wanted and len(written) == 17


def test_no_file_replaces_another(tmp_path, nyud_files, write):
    (tmp_path / 'images').mkdir()
    (tmp_path / 'images/0001.jpg').write_bytes(b'there')  # as where capitals do not count, and 0001.JPG came first
    with pytest.raises(DataError, match="x.tgz: member 'NYUD_MT/images/0001.jpg' has the name of another"):
        unpack(write.tar(tmp_path / 'x.tgz', nyud_files), NYUD_FILES, tmp_path)
    assert (tmp_path / 'images/0001.jpg').read_bytes() == b'there'


def test_a_file_larger_than_any_of_the_data_set_is_refused(tmp_path, write):
    files = {'gt_sets/train.txt': b'1', 'images/1.jpg': bytes(LARGEST_FILE + 1)}
    with pytest.raises(DataError, match="x.tgz: member 'images/1.jpg' has 67108865 bytes"):
        unpack(write.tar(tmp_path / 'x.tgz', files), NYUD_FILES, tmp_path)
    assert not (tmp_path / 'images').exists()
