"""Reading images and arrays of data sets, which are untrusted files."""

import math
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from mtcp_mm.utils import open_regular, reading
from mtcp_mm.utils.image_files import decode_image
from mtcp_mm.utils.untrusted import LARGEST_FILE

from .errors import DataError

MODES = ('1', 'L', 'P', 'I', 'F', 'RGB')
"""Pillow modes of label images besides 16-bit: booleans, grey, palette indices, integers, floats, colours."""
HEADER_READERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
"""Functions that read the header of an ``.npy`` file, by format version."""


def reading_data(
    path: str | Path, what: str = 'cannot be read', remedy: str = 'restore the file or remove its ID from the split'
) -> AbstractContextManager:
    """Converts any error in reading a data set's file to a DataError; see :func:`reading`.

    Args:
        path: The file, for the message.
        what: What is wrong with it.
        remedy: What the user can do.
    """
    return reading(path, remedy, what, DataError)


def read_array(path: str | Path) -> np.ndarray:
    """Reads an ``.npy`` file (without pickle) or an image. Palette images give their indices, colour images RGB.

    Images may have the formats :data:`mtcp_mm.utils.image_files.FORMATS`, whatever their suffix, and :data:`MODES`.

    Returns:
        The array as stored: (H, W) or (H, W, channels).

    Raises:
        DataError: The file is damaged, or far larger in memory than on disk; the message names it.
    """
    with reading_data(path), open_regular(path) as file:
        return read_npy(file) if Path(path).suffix.lower() == '.npy' else decode_image(file, stored_pixels)


def read_npy(file: BinaryIO) -> np.ndarray:
    """Reads a numeric array. :func:`numpy.load` is unsafe here: it also opens archives and pickles.

    Raises:
        Exception: The file is damaged or not numeric, or its header asks for more bytes than the file has or than
            :data:`LARGEST_FILE`.
    """
    shape, fortran_order, dtype = HEADER_READERS[np.lib.format.read_magic(file)](file)
    if dtype.kind not in 'biufc':
        raise ValueError(f'its values are {dtype}; numbers are expected')
    start = file.tell()
    available = min(file.seek(0, 2) - start, LARGEST_FILE)
    count = math.prod(shape)
    if min(shape, default=0) < 0 or count * dtype.itemsize > available:
        raise ValueError(f'its header asks for {shape} of {dtype}, but only {available} bytes can be read')
    file.seek(start)
    numbers = np.fromfile(file, dtype, count)
    return numbers.reshape(shape[::-1]).T if fortran_order else numbers.reshape(shape)


def stored_pixels(image: Image.Image) -> np.ndarray:
    """Returns the pixels of an image as stored, (H, W) or (H, W, 3).

    Raises:
        ValueError: The mode of the image is not in :data:`MODES`.
    """
    if image.mode not in MODES and not image.mode.startswith('I;16'):
        raise ValueError(f'its pixels are {image.mode}; save it as grey, palette or RGB')
    return np.array(image)


def check_shape(path: str | Path, array: np.ndarray, channels: int) -> None:
    """Checks that an array is (H, W), or (H, W, channels) for more than one channel.

    Raises:
        DataError: It is not; the message names the file.
    """
    expected = array.ndim == 2 if channels == 1 else array.ndim == 3 and array.shape[2] == channels
    if not expected or 0 in array.shape:
        wanted = '(H, W)' if channels == 1 else f'(H, W, {channels})'
        raise DataError(
            f'{path}: an array of shape {array.shape}, where {wanted} is expected; correct the file or remove its ID '
            'from the split'
        )
