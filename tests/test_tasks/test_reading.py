import io
import os
import re

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.tasks import DataError, reading


def png_bytes():
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 40), np.uint8)).save(buffer, 'png')
    return buffer.getvalue()


def npy_bytes():
    buffer = io.BytesIO()
    np.save(buffer, np.arange(100.0))
    return buffer.getvalue()


def pickle_bytes():
    buffer = io.BytesIO()
    np.save(buffer, np.array([{}], object), allow_pickle=True)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ('name', 'content'),
    [
        ('cut.png', png_bytes()[:200]),
        ('cut.npy', npy_bytes()[:200]),
        ('half_header.npy', npy_bytes()[:20]),
        ('empty.png', b''),
        ('empty.npy', b''),
        ('text.png', b'not an image'),
        ('text.npy', b'not an array'),
        ('pickle.npy', pickle_bytes()),
        ('missing.png', None),
        ('missing.npy', None),
    ],
)
def test_a_damaged_file_is_an_error_with_name_and_remedy(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=rf'{name}: cannot be read .*restore the file'):
        reading.read_array(tmp_path / name)


def test_arrays_and_images_are_returned_as_stored(tmp_path):
    depth = np.array([[1, 60000]], np.uint16)
    rgb = np.random.default_rng(0).integers(0, 255, (2, 3, 3), np.uint8)
    np.save(tmp_path / 'a.npy', depth)
    Image.fromarray(depth).save(tmp_path / 'a.png')
    Image.fromarray(rgb).save(tmp_path / 'b.png')
    np.testing.assert_array_equal(reading.read_array(tmp_path / 'a.npy'), depth)
    np.testing.assert_array_equal(reading.read_array(str(tmp_path / 'a.png')), depth)
    np.testing.assert_array_equal(reading.read_array(tmp_path / 'b.png'), rgb)


@pytest.mark.parametrize(('shape', 'channels'), [((2, 3), 1), ((2, 3, 3), 3)])
def test_expected_shapes_pass(shape, channels):
    reading.check_shape('a.npy', np.zeros(shape), channels)


@pytest.mark.parametrize(('shape', 'channels'), [((2,), 1), ((2, 3, 1), 1), ((2, 3), 3), ((2, 3, 4), 3), ((0, 3), 1)])
def test_other_shapes_are_refused_with_actual_and_expected_shape(shape, channels):
    wanted = r'\(H, W\)' if channels == 1 else r'\(H, W, 3\)'
    with pytest.raises(DataError, match=rf'a\.npy: .*{re.escape(str(shape))}, where {wanted} is expected'):
        reading.check_shape('a.npy', np.zeros(shape), channels)


@pytest.mark.parametrize('content', [b'PK\x03\x04 no archive', b'PK\x05\x06' + b'\0' * 18])
def test_an_archive_instead_of_an_array_is_refused(tmp_path, content):
    path = tmp_path / 'a.npy'
    path.write_bytes(content)
    with pytest.raises(DataError, match='a.npy'):
        reading.read_array(path)


def header(text: str) -> bytes:
    """An ``.npy`` file of 80 bytes behind a header."""
    content = text.encode() + b' ' * (-(11 + len(text)) % 64) + b'\n'
    return b'\x93NUMPY\1\0' + len(content).to_bytes(2, 'little') + content + bytes(80)


@pytest.mark.parametrize(
    'text',
    [
        "{'descr': (), 'fortran_order': False, 'shape': (4, 5), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 6), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-4, -5), }",
        "{'descr': '<V0', 'fortran_order': False, 'shape': (99999999999,), }",
        "{'descr': ('<f4', (99999999,)), 'fortran_order': False, 'shape': (1,), }",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (4, 5), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (4, 5), }",
        "{'descr': '<U1', 'fortran_order': False, 'shape': (4, 5), }",
        '{1: 2, "a": 3}',
        '1+' * 3000 + '1',
        '-' * 9000 + '1',
        '(' * 9000,
        "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 5), |",
    ],
)
def test_any_invalid_header_is_an_error_that_names_the_file(tmp_path, text):
    path = tmp_path / 'a.npy'
    path.write_bytes(header(text))
    with pytest.raises(DataError, match=r'a\.npy: cannot be read'):
        reading.read_array(path)


@pytest.mark.parametrize('dtype', ['?', 'u1', '>i2', '<i8', 'f2', '>f8', 'c8'])
@pytest.mark.parametrize('order', ['C', 'F'])
def test_arrays_equal_those_of_numpy(tmp_path, dtype, order):
    array = np.asarray(np.arange(24).reshape(2, 3, 4) % 2, dtype, order)
    np.save(tmp_path / 'a.NPY', array)
    (tmp_path / 'a.NPY.npy').rename(tmp_path / 'a.NPY')
    found = reading.read_array(tmp_path / 'a.NPY')
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


def test_a_flipped_bit_in_a_header_is_read_or_an_error_that_names_the_file(tmp_path):
    path, content = tmp_path / 'a.npy', npy_bytes()
    for place in range(8 * 100):
        damaged = bytearray(content)
        damaged[place // 8] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            reading.read_array(path)
        except DataError as error:
            assert 'a.npy' in str(error)


def test_a_label_in_postscript_starts_no_program(tmp_path, monkeypatch):
    (tmp_path / 'gs').write_text(f'#!/bin/sh\ntouch {tmp_path}/ran\n')
    (tmp_path / 'gs').chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path), prepend=':')
    Image.new('RGB', (8, 8)).save(tmp_path / 'a.png', 'EPS')
    with pytest.raises(DataError, match=r'a\.png: cannot be read .*none of BMP'):
        reading.read_array(tmp_path / 'a.png')
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize('mode', ['CMYK', 'LAB', 'RGBA', 'LA'])
def test_unsupported_image_modes_are_refused(tmp_path, mode):
    Image.new(mode, (4, 3)).save(tmp_path / 'a.png', 'PNG' if mode.endswith('A') else 'TIFF')
    with pytest.raises(DataError, match=rf'a\.png: cannot be read \(its pixels are {mode}; save it as grey'):
        reading.read_array(tmp_path / 'a.png')


@pytest.mark.parametrize('bits', [1, 2, 4, 8])
def test_a_palette_is_read_as_its_indices(tmp_path, bits):
    indices = (np.arange(12) % 2**bits).astype(np.uint8).reshape(3, 4)
    image = Image.fromarray(indices)
    image.putpalette([0, 200, 100] * 256)
    image.save(tmp_path / 'a.png', bits=bits)
    np.testing.assert_array_equal(reading.read_array(tmp_path / 'a.png'), indices)


@pytest.mark.parametrize('name', ['a.png', 'a.npy'])
def test_a_named_pipe_is_refused_without_blocking(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match=rf'{name}: cannot be read \(a named pipe'):
        reading.read_array(tmp_path / name)
