import struct
import sys

import h5py
import numpy as np
import pytest
import scipy.io

from mtcp_mm.datasets import mat5
from mtcp_mm.datasets.mat_file import read_mat
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


def test_reads_numbers_of_every_type_and_cells(tmp_path):
    types = ['u1', 'i1', 'u2', 'i2', 'u4', 'i4', 'u8', 'i8', 'f4', 'f8', '?']
    arrays = {f'v{i}': np.arange(6).reshape(2, 3).astype(name) for i, name in enumerate(types)}
    cells = np.empty((1, 2), object)
    cells[0] = 'name', np.ones((2, 2))
    scipy.io.savemat(tmp_path / 'a.mat', dict(arrays, cells=cells))
    for name, array in arrays.items():
        np.testing.assert_array_equal(read_mat(tmp_path / 'a.mat', name), array)
    name, ones = read_mat(tmp_path / 'a.mat', 'cells')
    assert name == 'name' and np.array_equal(ones, np.ones((2, 2)))


def test_reads_the_byte_order_of_other_machines(tmp_path):
    """A file written out by hand: [[1, 3], [2, 459]], 16 bits, most significant byte first."""
    flags = struct.pack('>IIII', 6, 8, 11, 0)
    shape = struct.pack('>IIii', 5, 8, 2, 2)
    name = struct.pack('>II8s', 1, 8, b'LabelMap')
    values = struct.pack('>IIHHHH', 4, 8, 1, 2, 3, 459)
    content = flags + shape + name + values
    header = b'MATLAB 5.0 MAT-file'.ljust(124) + b'\x01\x00MI'
    (tmp_path / 'a.mat').write_bytes(header + struct.pack('>II', 14, len(content)) + content)
    np.testing.assert_array_equal(read_mat(tmp_path / 'a.mat', 'LabelMap'), [[1, 3], [2, 459]])


@pytest.mark.parametrize('compress', [False, True])
def test_a_file_cut_anywhere_is_named(tmp_path, compress):
    path = tmp_path / 'cut.mat'
    scipy.io.savemat(path, dict(anno=variables()['anno']), do_compression=compress)
    content = path.read_bytes()
    for length in (*range(0, len(content), 13), len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match=r'cut\.mat: variable "anno" of the MATLAB file cannot be read'):
            read_mat(path, 'anno')


@pytest.mark.parametrize('value', [0, 14, 255])
def test_any_wrong_byte_is_survived(tmp_path, value):
    """SciPy's reader ends the process on some of these."""
    path = tmp_path / 'wrong.mat'
    scipy.io.savemat(path, dict(anno=variables()['anno']))
    content = path.read_bytes()
    refused = 0
    for position in range(128, len(content), 4):  # where the lowest bytes of types and sizes are
        path.write_bytes(content[:position] + bytes([value]) + content[position + 1 :])
        try:
            read_mat(path, 'anno')
        except DataError as error:
            assert str(path) in str(error)
            refused += 1
    assert refused > 20


def test_a_variable_that_grows_too_far_is_refused(tmp_path, monkeypatch):
    scipy.io.savemat(tmp_path / 'bomb.mat', dict(LabelMap=np.zeros((200, 200))), do_compression=True)
    monkeypatch.setattr(mat5, 'LARGEST', 100_000)
    with pytest.raises(DataError, match=r'bomb\.mat.*grows beyond 100000 bytes'):
        read_mat(tmp_path / 'bomb.mat', 'LabelMap')


def test_missing_files_and_variables_are_named(tmp_path):
    with pytest.raises(DataError, match=r'gone\.mat.*FileNotFoundError'):
        read_mat(tmp_path / 'gone.mat', 'anno')
    scipy.io.savemat(tmp_path / 'a.mat', dict(other=1))
    with pytest.raises(DataError, match=r'a\.mat: variable "anno"'):
        read_mat(tmp_path / 'a.mat', 'anno')


def write_hdf5(path) -> None:
    """The same variables as MATLAB 7.3 stores them: transposed, texts as codes, structures by reference."""
    with h5py.File(path, 'w', userblock_size=512) as file:
        references = file.create_group('#refs#')

        def put(group, name, value, kind):
            values = np.uint16([list(map(ord, value))]).T if kind == 'char' else np.asarray(value).T
            group[name] = np.uint64(values.shape) if values.size == 0 else values
            group[name].attrs['MATLAB_class'] = np.bytes_(kind)
            if values.size == 0:
                group[name].attrs['MATLAB_empty'] = np.uint8(1)

        def put_structures(group, rows):
            for field, kind in (('text', 'char'), ('mask', 'uint8'), ('number', 'double')):
                if field in rows[0]:
                    column = [references[f'{id(row)}{field}'] for row in rows if add(row, field, kind)]
                    group[field] = np.array([[item.ref] for item in column], h5py.ref_dtype)

        def add(row, field, kind):
            put(references, f'{id(row)}{field}', row[field], kind)
            return True

        mask = np.eye(3, 5, dtype=np.uint8)
        anno = file.create_group('anno')
        numbers = [dict(number=[[-2.5]]), dict(number=[[7.0]])]
        put_structures(anno, [dict(text='head', mask=mask), dict(text='a longer text', mask=mask[:0])])
        inner = references.create_group('inner')
        put_structures(inner, numbers)
        put(references, 'none', np.empty((0, 0)), 'struct')
        anno['inner'] = np.array([[inner.ref], [references['none'].ref]], h5py.ref_dtype)
        put(file, 'LabelMap', LABELS, 'uint16')
        single = file.create_group('single')
        put(single, 'number', [[3.0]], 'double')
    with open(path, 'r+b') as file:
        file.write(b'MATLAB 7.3 MAT-file'.ljust(128))


def test_reads_hdf5(tmp_path):
    write_hdf5(tmp_path / 'a.mat')
    check_anno(read_mat(tmp_path / 'a.mat', 'anno'))
    np.testing.assert_array_equal(read_mat(tmp_path / 'a.mat', 'LabelMap'), LABELS)
    assert read_mat(tmp_path / 'a.mat', 'single')[0]['number'].item() == 3


def test_damaged_hdf5_and_absent_h5py_are_named(tmp_path, monkeypatch):
    path = tmp_path / 'a.mat'
    write_hdf5(path)
    path.write_bytes(path.read_bytes()[:-600])
    with pytest.raises(DataError, match=r'a\.mat: variable "LabelMap"'):
        read_mat(path, 'LabelMap')
    monkeypatch.setitem(sys.modules, 'h5py', None)
    with pytest.raises(ImportError, match=r'a\.mat: .*pip install h5py'):
        read_mat(path, 'LabelMap')
