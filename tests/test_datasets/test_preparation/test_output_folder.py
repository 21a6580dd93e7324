import json

import pytest

from mtcp_mm.datasets.preparation.output_folder import read_record, whole_folder, write_record

ORIGIN = dict(layout='NYUD', source='x.tgz')


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


def test_the_record_says_what_is_there(tmp_path):
    assert read_record(tmp_path / 'absent', ORIGIN) is None
    assert read_record(tmp_path, ORIGIN) is None
    write_record(tmp_path, {**ORIGIN, 'counts': {'train': 1}, 'notes': []})
    assert read_record(tmp_path, ORIGIN)['counts'] == {'train': 1}
    with pytest.raises(FileExistsError, match='made of something else'):
        read_record(tmp_path, {**ORIGIN, 'source': 'y.tgz'})


@pytest.mark.parametrize(
    'record', [None, 'no json', json.dumps([1]), json.dumps({'layout': 'NYUD'}), json.dumps(ORIGIN), b'\xff']
)
def test_a_foreign_folder_is_in_the_way(tmp_path, record):
    (tmp_path / 'notes.txt').write_text('mine')
    if record is not None:
        (tmp_path / 'preparation.json').write_bytes(record if isinstance(record, bytes) else record.encode())
    with pytest.raises(FileExistsError, match=f'{tmp_path} is in the way'):
        read_record(tmp_path, ORIGIN)


def test_a_file_is_in_the_way(tmp_path):
    (tmp_path / 'out').write_text('mine')
    with pytest.raises(FileExistsError, match='in the way'):
        read_record(tmp_path / 'out', ORIGIN)
