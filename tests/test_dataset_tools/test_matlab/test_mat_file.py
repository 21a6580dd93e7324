import sys

import numpy as np
import pytest
import scipy.io

from mtcp_mm.dataset_tools.matlab.mat_file import read_mat
from mtcp_mm.tasks import DataError

LABELS = np.arange(15, dtype=np.uint16).reshape(3, 5) * 30


def structures(*rows: dict) -> np.ndarray:
    array = np.empty((1, len(rows)), [(name, object) for name in rows[0]])
    for i, row in enumerate(rows):
        array[0, i] = tuple(row.values())
    return array


def variables() -> dict:
    mask = np.eye(3, 5, dtype=np.uint8)
    return dict(
        other=np.zeros(4),
        anno=structures(
            dict(text='head', mask=mask, inner=structures(dict(number=-2.5), dict(number=7))),
            dict(text='a longer text', mask=mask[:0], inner=np.empty((0, 0), [('number', object)])),
        ),
        LabelMap=LABELS,
    )


def check_anno(anno: list[dict]) -> None:
    first, second = anno
    assert (first['text'], second['text']) == ('head', 'a longer text')
    np.testing.assert_array_equal(first['mask'], np.eye(3, 5))
    assert second['mask'].size == 0
    assert [one['number'].item() for one in first['inner']] == [-2.5, 7] and second['inner'] == []


@pytest.mark.parametrize('compress', [False, True])
def test_reads_what_scipy_writes(tmp_path, compress):
    scipy.io.savemat(tmp_path / 'a.mat', variables(), do_compression=compress)
    check_anno(read_mat(tmp_path / 'a.mat', 'anno'))
    labels = read_mat(tmp_path / 'a.mat', 'LabelMap')
    np.testing.assert_array_equal(labels, LABELS)
    assert labels.dtype == np.uint16


def test_missing_files_and_variables_are_named(tmp_path):
    with pytest.raises(DataError, match=r'gone\.mat.*no such file'):
        read_mat(tmp_path / 'gone.mat', 'anno')
    scipy.io.savemat(tmp_path / 'a.mat', dict(other=1))
    with pytest.raises(DataError, match=r'a\.mat: variable "anno"'):
        read_mat(tmp_path / 'a.mat', 'anno')


def write_hdf5(path) -> None:
    """The same variables as MATLAB 7.3 stores them: transposed, texts as codes, values of structures by reference."""
    h5py = pytest.importorskip('h5py', reason='h5py, which reads files of MATLAB 7.3, is not installed')
    mask = np.eye(3, 5, dtype=np.uint8)

    def put(group, name: str, value, kind: str):
        values = np.uint16([list(map(ord, value))]).T if kind == 'char' else np.asarray(value).T
        group[name] = values if values.size else np.uint64(values.shape)
        group[name].attrs['MATLAB_class'] = np.bytes_(kind)
        if not values.size:
            group[name].attrs['MATLAB_empty'] = np.uint8(1)
        return group[name]

    with h5py.File(path, 'w', userblock_size=512) as file:
        hidden = file.create_group('#refs#')
        anno, inner = file.create_group('anno'), hidden.create_group('inner')
        columns = {
            (anno, 'text'): [put(hidden, 'a', 'head', 'char'), put(hidden, 'b', 'a longer text', 'char')],
            (anno, 'mask'): [put(hidden, 'c', mask, 'uint8'), put(hidden, 'd', mask[:0], 'uint8')],
            (anno, 'inner'): [inner, put(hidden, 'e', np.empty((0, 0)), 'struct')],
            (inner, 'number'): [put(hidden, 'f', [[-2.5]], 'double'), put(hidden, 'g', [[7.0]], 'double')],
        }
        for (group, field), values in columns.items():
            group[field] = np.array([[value.ref] for value in values], h5py.ref_dtype)
        put(file, 'LabelMap', LABELS, 'uint16')
        put(file.create_group('single'), 'number', [[3.0]], 'double')
    with open(path, 'r+b') as file:
        file.write(b'MATLAB 7.3 MAT-file'.ljust(128))


def test_reads_hdf5(tmp_path):
    write_hdf5(tmp_path / 'a.mat')
    check_anno(read_mat(tmp_path / 'a.mat', 'anno'))
    np.testing.assert_array_equal(read_mat(tmp_path / 'a.mat', 'LabelMap'), LABELS)
    assert read_mat(tmp_path / 'a.mat', 'single')[0]['number'].item() == 3


def test_damaged_hdf5_and_missing_h5py_are_errors(tmp_path, monkeypatch):
    path = tmp_path / 'a.mat'
    write_hdf5(path)
    path.write_bytes(path.read_bytes()[:-600])
    with pytest.raises(DataError, match=r'a\.mat: variable "LabelMap"'):
        read_mat(path, 'LabelMap')
    monkeypatch.setitem(sys.modules, 'h5py', None)
    with pytest.raises(ImportError, match=r'a\.mat: .*pip install h5py'):
        read_mat(path, 'LabelMap')
