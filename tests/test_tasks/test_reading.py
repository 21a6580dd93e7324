import io

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
        ('text.png', b'not a picture'),
        ('text.npy', b'not an array'),
        ('pickle.npy', pickle_bytes()),
        ('missing.png', None),
        ('missing.npy', None),
    ],
)
def test_a_damaged_file_is_named_with_a_remedy(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=rf'{name}: cannot be read .*restore the file'):
        reading.read_array(tmp_path / name)


def test_arrays_and_images_come_as_stored(tmp_path):
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
def test_other_shapes_are_refused_with_both_shapes(shape, channels):
    with pytest.raises(DataError, match=r'a\.npy: .*where \(H, W'):
        reading.check_shape('a.npy', np.zeros(shape), channels)


@pytest.mark.parametrize('content', [b'PK\x03\x04 no archive', b'PK\x05\x06' + b'\0' * 18])
def test_an_archive_in_place_of_an_array_is_named(tmp_path, content):
    path = tmp_path / 'a.npy'
    path.write_bytes(content)
    with pytest.raises(DataError, match='a.npy'):
        reading.read_array(path)
