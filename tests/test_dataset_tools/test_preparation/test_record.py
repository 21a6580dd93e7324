import json
import os

import pytest

from mtcp_mm.dataset_tools.preparation.record import read_record, write_record

ORIGIN = dict(layout='NYUD', source='x.tgz')


def test_the_record_says_what_is_there(tmp_path):
    assert read_record(tmp_path / 'absent', ORIGIN) is None
    assert read_record(tmp_path, ORIGIN) is None
    write_record(tmp_path, {**ORIGIN, 'counts': {'train': 1}, 'notes': []})
    assert read_record(tmp_path, ORIGIN)['counts'] == {'train': 1}
    with pytest.raises(FileExistsError, match='made of something else'):
        read_record(tmp_path, {**ORIGIN, 'source': 'y.tgz'})


@pytest.mark.parametrize(
    'record',
    [
        None, 'no json', json.dumps([1]), json.dumps({'layout': 'NYUD'}), json.dumps(ORIGIN), b'\xff', '[' * 100_000,
        json.dumps({**ORIGIN, 'counts': {}, 'notes': 1}),
    ],
)  # fmt: skip
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


def test_a_pipe_for_a_record_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / 'preparation.json')
    with pytest.raises(FileExistsError, match='in the way'):
        read_record(tmp_path, ORIGIN)
