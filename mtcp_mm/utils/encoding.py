"""Encodes images and arrays as the bytes of files.

When Pillow or NumPy write to a full disk, the file is cut off silently, or the error gives no reason. Python's own
functions, which write these bytes, raise an error with the reason.
"""

from io import BytesIO

import numpy as np
from PIL import Image


def encode_image(image: np.ndarray, form: str = 'PNG', **options) -> bytes:
    """Encodes an image (H, W) or (H, W, 3), uint8, in one of Pillow's formats, with its options."""
    file = BytesIO()
    Image.fromarray(image).save(file, form, **options)
    return file.getvalue()


def encode_array(array: np.ndarray) -> bytes:
    """Encodes an array as ``.npy``."""
    file = BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()
