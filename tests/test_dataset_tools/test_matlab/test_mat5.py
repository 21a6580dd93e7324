import os
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
import scipy.io

from mtcp_mm.dataset_tools.matlab import budget
from mtcp_mm.dataset_tools.matlab.mat_file import read_mat
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


def test_reads_both_byte_orders(tmp_path):
    """A hand-written big-endian file: [[1, 3], [2, 459]] in 16 bits."""
    flags = struct.pack('>IIII', 6, 8, 11, 0)
    shape = struct.pack('>IIii', 5, 8, 2, 2)
    name = struct.pack('>II8s', 1, 8, b'LabelMap')
    values = struct.pack('>IIHHHH', 4, 8, 1, 2, 3, 459)
    content = flags + shape + name + values
    header = b'MATLAB 5.0 MAT-file'.ljust(124) + b'\x01\x00MI'
    (tmp_path / 'a.mat').write_bytes(header + struct.pack('>II', 14, len(content)) + content)
    np.testing.assert_array_equal(read_mat(tmp_path / 'a.mat', 'LabelMap'), [[1, 3], [2, 459]])


@pytest.mark.parametrize('compress', [False, True])
def test_a_truncated_file_is_an_error_that_names_it(tmp_path, compress):
    path = tmp_path / 'cut.mat'
    scipy.io.savemat(path, dict(anno=ANNO), do_compression=compress)
    content = path.read_bytes()
    for length in (*range(0, len(content), 13), len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match=r'cut\.mat: variable "anno" of the MATLAB file cannot be read'):
            read_mat(path, 'anno')


@pytest.mark.parametrize('value', [0, 14, 255])
def test_no_wrong_byte_crashes_the_reader(tmp_path, value):
    """SciPy's reader crashes the process on some of these."""
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


def element(kind: int, data: bytes) -> bytes:
    return struct.pack('<II', kind, len(data)) + data + bytes(-len(data) % 8)


def mat5(kind: int, content: bytes) -> bytes:
    """A compressed file with a variable LabelMap of the given class and content."""
    head = element(6, struct.pack('<II', kind, 0)) + element(5, struct.pack('<ii', 1, 1)) + element(1, b'LabelMap')
    packed = zlib.compress(element(14, head + content), 9)
    return b'MATLAB 5.0'.ljust(124) + b'\0\1IM' + struct.pack('<II', 15, len(packed)) + packed


def nested(depth: int) -> bytes:
    content = element(14, b'')
    for _ in range(depth):
        head = element(6, struct.pack('<II', 1, 0)) + element(5, struct.pack('<ii', 1, 1)) + element(1, b'')
        content = element(14, head + content)
    return content


@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        (mat5(1, element(14, b'') * 1_000_000), 'more than 20000 values'),
        (mat5(1, nested(5000)), 'RecursionError'),
        (mat5(2, element(5, struct.pack('<i', 1)) + element(1, bytes(8_000_000))), 'grows beyond'),
        (mat5(4, element(16, bytes(8_000_000))), 'grows beyond'),
    ],
    ids=['cells', 'cells in cells', 'names of fields', 'text'],
)
def test_the_memory_of_a_small_file_is_bounded(tmp_path, content, reason):
    path = tmp_path / 'a.mat'
    path.write_bytes(content)
    assert len(content) < 400_000
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=rf'a\.mat: variable "LabelMap" .*{reason}'):
            read_mat(path, 'LabelMap')
        assert tracemalloc.get_traced_memory()[1] < 60e6
    finally:
        tracemalloc.stop()


def test_a_named_pipe_is_refused_without_blocking(tmp_path):
    os.mkfifo(tmp_path / 'a.mat')
    with pytest.raises(DataError, match=r'a\.mat: .*a named pipe'):
        read_mat(tmp_path / 'a.mat', 'anno')
