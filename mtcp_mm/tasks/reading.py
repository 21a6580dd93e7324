"""Reading the array files of data sets, which are untrusted."""

from pathlib import Path

import numpy as np
from PIL import Image

from .errors import DataError

READ_ERRORS = (OSError, ValueError, EOFError, SyntaxError, MemoryError, Image.DecompressionBombError)
"""What NumPy and Pillow raise on damaged and on forged files."""


def read_array(path: str | Path) -> np.ndarray:
    """Reads ``.npy`` (without pickle) or an image file, palette indices and RGB order kept.

    Returns:
        The array as stored: (H, W) or (H, W, channels).

    Raises:
        DataError: The file cannot be read whole; the message names it.
    """
    path = Path(path)
    try:
        if path.suffix.lower() == '.npy':
            # Not np.load, which would take archives and pickles by their first bytes.
            with path.open('rb') as file:
                return np.lib.format.read_array(file, allow_pickle=False)
        with Image.open(path) as image:
            return np.array(image)
    except READ_ERRORS as error:
        raise DataError(
            f'{path}: cannot be read ({error}); restore the file or remove its ID from the split'
        ) from error


def check_shape(path: str | Path, array: np.ndarray, channels: int) -> None:
    """Checks that an array is (H, W), or (H, W, channels) for more than one channel.

    Raises:
        DataError: It is not; the message names the file.
    """
    expected = array.ndim == 2 if channels == 1 else array.ndim == 3 and array.shape[2] == channels
    if not expected or 0 in array.shape:
        wanted = '(H, W)' if channels == 1 else f'(H, W, {channels})'
        raise DataError(
            f'{path}: an array of shape {array.shape} where {wanted} is expected; correct the file or remove its ID '
            'from the split'
        )
