import struct

import numpy as np
import pytest
import scipy.io

from mtcp_mm.datasets import budget
from mtcp_mm.datasets.mat_file import read_mat
from mtcp_mm.tasks import DataError

ANNO = dict(text='a longer text', mask=np.eye(3, 5, dtype=np.uint8), inner=dict(number=-2.5, empty=np.empty((0, 0))))


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
    scipy.io.savemat(path, dict(anno=ANNO), do_compression=compress)
    content = path.read_bytes()
    for length in (*range(0, len(content), 13), len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match=r'cut\.mat: variable "anno" of the MATLAB file cannot be read'):
            read_mat(path, 'anno')


@pytest.mark.parametrize('value', [0, 14, 255])
def test_any_wrong_byte_is_survived(tmp_path, value):
    """SciPy's reader ends the process on some of these."""
    path = tmp_path / 'wrong.mat'
    scipy.io.savemat(path, dict(anno=ANNO))
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
    monkeypatch.setattr(budget, 'LARGEST', 100_000)
    with pytest.raises(DataError, match=r'bomb\.mat.*grows beyond 100000 bytes'):
        read_mat(tmp_path / 'bomb.mat', 'LabelMap')
