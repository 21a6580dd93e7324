from pathlib import Path

import numpy as np
import pytest

from mtcp_mm.dataset_tools.matlab import budget, hdf5_file
from mtcp_mm.dataset_tools.matlab.mat_file import read_mat
from mtcp_mm.tasks import DataError

h5py = pytest.importorskip('h5py')
LABELS = np.arange(128, dtype=np.uint8).reshape(8, 16)


def write(path: Path, fill) -> Path:
    with h5py.File(path, 'w', userblock_size=512) as file:
        fill(file)
    with open(path, 'r+b') as file:
        file.write(b'MATLAB 7.3 MAT-file'.ljust(128))
    return path


def cell(group, name: str, references: list):
    group[name] = np.array(references, h5py.ref_dtype)[:, None]
    group[name].attrs['MATLAB_class'] = np.bytes_('cell')
    return group[name].ref


def external(file):
    secret = Path(file.filename).with_name('secret')
    file.create_dataset('LabelMap', LABELS.shape, 'u1', external=[(str(secret), 0, 128)])


def virtual(file):
    layout = h5py.VirtualLayout(LABELS.shape, 'u1')
    layout[:] = h5py.VirtualSource(str(Path(file.filename).with_name('other.mat')), 'LabelMap', LABELS.shape)
    file.create_virtual_dataset('LabelMap', layout)


def external_link(file):
    file['LabelMap'] = h5py.ExternalLink(str(Path(file.filename).with_name('other.mat')), 'LabelMap')


def soft_link(file):
    file['far'] = h5py.ExternalLink(str(Path(file.filename).with_name('other.mat')), '/')
    file['LabelMap'] = h5py.SoftLink('/far/LabelMap')


def referred(file):
    external(file)
    file.move('LabelMap', 'hidden')
    cell(file, 'LabelMap', [file['hidden'].ref])


def in_a_structure(file):
    file.create_group('LabelMap')['values'] = h5py.ExternalLink(
        str(Path(file.filename).with_name('other.mat')), 'LabelMap'
    )


@pytest.mark.parametrize('fill', [external, virtual, external_link, soft_link, referred, in_a_structure])
def test_other_files_are_not_read(tmp_path, fill):
    (tmp_path / 'secret').write_bytes(LABELS.tobytes())
    other = write(tmp_path / 'other.mat', lambda file: file.create_dataset('LabelMap', data=LABELS.T))
    np.testing.assert_array_equal(read_mat(other, 'LabelMap'), LABELS)
    with pytest.raises(DataError, match=r'a\.mat: .*(in another file|only a link to another place)'):
        read_mat(write(tmp_path / 'a.mat', fill), 'LabelMap')


def declared(shape, **kwargs):
    return lambda file: file.create_dataset('LabelMap', shape, kwargs.pop('dtype', 'u1'), **kwargs)


def references_of_references(file):
    reference = file.create_dataset('leaf', data=[[1.0]]).ref
    for i in range(40):
        reference = cell(file, f'r{i}', [reference] * 2)
    cell(file, 'LabelMap', [reference])


def a_circle(file):
    cell(file, 'LabelMap', [None])
    file['LabelMap'][0, 0] = file['LabelMap'].ref


def one_value_over_and_over(file):
    file.create_dataset('leaf', (1 << 20,), 'u1')
    cell(file, 'LabelMap', [file['leaf'].ref] * 1000)


def text_over_and_over(file):
    file.create_dataset('leaf', data='x' * 1000)
    cell(file, 'LabelMap', [file['leaf'].ref])


@pytest.mark.parametrize(
    ('fill', 'reason'),
    [
        (declared((60_000, 60_000)), 'grows beyond'),
        (declared((60_000, 60_000), chunks=(1000, 1000)), 'grows beyond'),
        (declared((8, 16), maxshape=(None, None), chunks=(30_000, 30_000)), 'grows beyond'),
        (declared((4000, 4000), chunks=(1, 1)), 'lie in 16000000 pieces'),
        (declared((8, 16), chunks=(8, 16), compression='lzf'), r'use the filters \[32000\]'),
        (declared((8, 16), dtype=np.dtype([('real', 'f8'), ('imag', 'f8')])), 'numbers are expected'),
        (declared((8, 16), dtype=np.dtype(('f8', (1000,)))), 'grows beyond|numbers are expected'),
        (declared((8, 16), dtype=h5py.string_dtype()), 'numbers are expected'),
        (references_of_references, 'more than 20000 values'),
        (a_circle, 'RecursionError'),
        (one_value_over_and_over, 'grows beyond'),
        (text_over_and_over, 'numbers are expected'),
    ],
)
def test_the_memory_of_a_small_file_is_bounded(tmp_path, fill, reason):
    path = write(tmp_path / 'a.mat', fill)
    assert path.stat().st_size < 200_000
    with pytest.raises(DataError, match=rf'a\.mat: variable "LabelMap" .*({reason})'):
        read_mat(path, 'LabelMap')


def test_chunked_values_are_read(tmp_path):
    def fill(file):
        file.create_dataset('LabelMap', data=LABELS.T, chunks=(4, 4), compression='gzip', shuffle=True, fletcher32=True)

    np.testing.assert_array_equal(read_mat(write(tmp_path / 'a.mat', fill), 'LabelMap'), LABELS)


def test_the_largest_allowed_variable_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(budget, 'LARGEST', LABELS.nbytes)
    monkeypatch.setattr(hdf5_file, 'MOST_CHUNKS', 2)
    path = write(tmp_path / 'a.mat', lambda file: file.create_dataset('LabelMap', data=LABELS, chunks=(4, 16)))
    assert read_mat(path, 'LabelMap').shape == (16, 8)
    monkeypatch.setattr(budget, 'LARGEST', LABELS.nbytes - 1)
    with pytest.raises(DataError, match='grows beyond 127 bytes'):
        read_mat(path, 'LabelMap')


def test_long_attributes_are_ignored(tmp_path):
    def fill(file):
        file['LabelMap'] = LABELS.T
        file['LabelMap'].attrs['MATLAB_class'] = np.bytes_('char' * 1000)
        file['LabelMap'].attrs['MATLAB_empty'] = np.ones(1000)

    np.testing.assert_array_equal(read_mat(write(tmp_path / 'a.mat', fill), 'LabelMap'), LABELS)


@pytest.mark.parametrize(('kind', 'value'), [('struct', []), ('cell', []), ('double', np.empty((0, 0)))])
def test_empty_variables_are_read(tmp_path, kind, value):
    def fill(file):
        file['LabelMap'] = np.zeros(2, np.uint64)
        file['LabelMap'].attrs.update(MATLAB_class=np.bytes_(kind), MATLAB_empty=np.uint8(1))

    found = read_mat(write(tmp_path / 'a.mat', fill), 'LabelMap')
    assert type(found) is type(value) and np.shape(found) == np.shape(value)


def test_a_structure_in_a_structure(tmp_path):
    def fill(file):
        inner = file.create_group('anno').create_group('inner')
        inner['number'] = [[3.0]]

    assert read_mat(write(tmp_path / 'a.mat', fill), 'anno')[0]['inner'][0]['number'].item() == 3
