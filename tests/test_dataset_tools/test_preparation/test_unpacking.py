import os

import pytest

from mtcp_mm.dataset_tools.preparation.archive_files import NYUD_FILES
from mtcp_mm.dataset_tools.preparation.archive_limits import LARGEST_MEMBER
from mtcp_mm.dataset_tools.preparation.unpacking import unpack
from mtcp_mm.tasks import DataError
from mtcp_mm.utils import UserError

FILES = {'a/b.txt': b'one', './c.txt': b'two'}


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
    files = {'gt_sets/train.txt': b'1', 'images/1.jpg': bytes(LARGEST_MEMBER + 1)}
    with pytest.raises(DataError, match="x.tgz: member 'images/1.jpg' has 67108865 bytes"):
        unpack(write.tar(tmp_path / 'x.tgz', files), NYUD_FILES, tmp_path)
    assert not (tmp_path / 'images').exists()


def test_a_source_that_is_a_folder_is_left_as_it_is(tmp_path, nyud_files, write):
    source = write.folder(tmp_path / 'source', nyud_files)
    (tmp_path / 'out').mkdir()
    unpack(source, NYUD_FILES, tmp_path / 'out')
    assert {path.relative_to(source).as_posix() for path in source.rglob('*.*')} == {
        name for name in nyud_files if '.' in name
    }


def test_names_sizes_and_contents_are_those_that_were_written(tmp_path, write_form, read_source):
    source = write_form(tmp_path / 'source', FILES)
    assert read_source(source) == {'a/b.txt': b'one', 'c.txt': b'two'}
    assert read_source(source, wanted={'c.txt'}.__contains__) == {'c.txt': b'two'}


def test_a_folder_that_links_back_up_ends_and_hidden_files_are_left_out(tmp_path, read_source):
    (tmp_path / 'data/.git').mkdir(parents=True)
    (tmp_path / 'data/.git/x').write_text('hidden')
    (tmp_path / 'data/._x').write_text('of a file system')
    (tmp_path / 'elsewhere').mkdir()
    (tmp_path / 'elsewhere/y').write_text('seen')
    (tmp_path / 'data/up').symlink_to(tmp_path)
    (tmp_path / 'data/images').symlink_to(tmp_path / 'elsewhere')
    members = read_source(tmp_path / 'data')
    assert members['images/y'] == b'seen'
    assert not any('/.' in f'/{name}' for name in members)


def test_links_in_layers_end(tmp_path, read_source):
    for i in range(40):
        (tmp_path / f'{i}').mkdir()
        if i:
            for name in 'ab':
                (tmp_path / f'{i - 1}/{name}').symlink_to(tmp_path / f'{i}')
    (tmp_path / '39/x').write_text('x')
    assert len(read_source(tmp_path / '36')) == 2**3
    with pytest.raises(DataError, match='/39 in more than 100 ways'):
        read_source(tmp_path / '0')


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path, read_source):
    os.mkfifo(tmp_path / 'x.tgz')
    with pytest.raises(UserError, match=r'x\.tgz: a named pipe'):
        read_source(tmp_path / 'x.tgz')
    (tmp_path / 'data').mkdir()
    os.mkfifo(tmp_path / 'data/pipe')
    assert read_source(tmp_path / 'data') == {}
