import pytest

from mtcp_mm.utils import whole_folder, write_whole


def test_it_takes_its_name_when_it_is_complete(tmp_path):
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
    write_whole(path, b'first')
    write_whole(path, b'second')
    assert path.read_bytes() == b'second'

    def fail(*_):
        raise OSError('disk full')

    monkeypatch.setattr('os.replace', fail)
    with pytest.raises(OSError, match='disk full'):
        write_whole(path, b'third')
    assert [(p.name, p.read_bytes()) for p in path.parent.iterdir()] == [('file', b'second')]
