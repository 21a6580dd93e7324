from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.utils import encode_array, encode_image


@pytest.mark.parametrize(('form', 'shape'), [('PNG', (5, 7)), ('PNG', (5, 7, 3)), ('JPEG', (5, 7, 3))])
def test_pictures_are_the_files_that_pillow_writes(tmp_path, form, shape):
    picture = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    Image.fromarray(picture).save(tmp_path / 'file', form)
    content = encode_image(picture, form)
    assert content == (tmp_path / 'file').read_bytes()
    if form == 'PNG':
        assert np.array_equal(np.array(Image.open(BytesIO(content))), picture)


def test_options_of_the_format():
    picture = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    assert len(encode_image(picture, 'JPEG', quality=20)) < len(encode_image(picture, 'JPEG', quality=90))


def test_arrays_are_the_files_that_numpy_writes(tmp_path):
    array = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
    np.save(tmp_path / 'a.npy', array)
    assert encode_array(array) == (tmp_path / 'a.npy').read_bytes()
    with pytest.raises(ValueError, match='allow_pickle'):
        encode_array(np.array([{}], object))
