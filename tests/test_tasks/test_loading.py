import numpy as np
import pytest

from mtcp_mm.tasks import DataError, DepthMap, load_map, read_map

TASK = DepthMap('depth')


def test_the_file_of_an_entry_is_read_and_decoded(tmp_path):
    np.save(tmp_path / 'a.npy', np.array([[2.5, -1]]))
    entry = dict(map_paths=dict(depth=str(tmp_path / 'a.npy'), other='elsewhere'))
    assert read_map(TASK, entry).tolist() == [[2.5, -1]]
    assert load_map(TASK, entry).tolist() == [[2.5, 0]]


def test_a_custom_reader_replaces_the_default_one():
    entry = dict(map_paths=dict(depth='a.raw'), readers=dict(depth=lambda path: np.full((1, 2), float(len(path)))))
    assert load_map(TASK, entry).tolist() == [[5, 5]]


@pytest.mark.parametrize('paths', [{}, dict(depth=None), dict(other='a.npy')])
def test_an_entry_without_a_map_gives_none(paths):
    assert read_map(TASK, dict(map_paths=paths)) is None and load_map(TASK, dict(map_paths=paths)) is None


def test_an_invalid_map_is_an_error_that_names_the_file():
    entry = dict(map_paths=dict(depth='a.raw'), readers=dict(depth=lambda path: np.zeros((1, 2, 3))))
    with pytest.raises(DataError, match=r'a\.raw'):
        load_map(TASK, entry)
