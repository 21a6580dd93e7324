"""Photos of users, in whatever form they come, as 8-bit RGB."""

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image
from PIL.Image import Transpose

DAMAGE = (
    OSError, ValueError, EOFError, SyntaxError, ArithmeticError, AttributeError, LookupError, TypeError, struct.error,
    Image.DecompressionBombError,
)  # fmt: skip
"""What Pillow raises of files that it cannot read, or does not for their size."""
FORMATS = ('BMP', 'GIF', 'JPEG', 'PNG', 'PPM', 'TIFF', 'WEBP')
"""What is read, whatever a file is called. Pillow would run another program on PostScript."""
Image.init()  # registers the suffixes
PHOTO_SUFFIXES = tuple(
    sorted(suffix for suffix, name in Image.registered_extensions().items() if name in FORMATS and suffix != '.pfm')
)
"""Suffixes of files of these formats, in small letters; a PFM file holds floating-point numbers."""
LONGEST_SIDE = 65_535
"""That of JPEG. The maps of a single row of pixels could not be made piece by piece."""
UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""What sets a picture upright, by its EXIF orientation."""


def read_photo(path: str | Path, max_pixels: int | None = None) -> np.ndarray:
    """Reads a photo; see :func:`decode_photo`.

    Raises:
        ValueError: It cannot be read whole, or is too large; the message names the file.
    """
    try:
        return decode_photo(path, max_pixels)
    except DAMAGE as error:
        raise ValueError(
            f'{path}: cannot be read as a picture ({error}); convert it to PNG or JPEG, '
            'and shrink it if it is too large'
        ) from error


def decode_photo(file: str | Path | BinaryIO, max_pixels: int | None = None) -> np.ndarray:
    """Reads a photo as it is meant to be seen: turned as its EXIF data say, transparent parts over white.

    Args:
        file: A file of one of :data:`FORMATS`: grey, palette, colour, with or without transparency, 8 or 16 bits.
        max_pixels: Most pixels that it may have, beside Pillow's own limit.

    Returns:
        RGB (H, W, 3), uint8.

    Raises:
        Exception: One of :data:`DAMAGE`. More than ``2 * PIL.Image.MAX_IMAGE_PIXELS`` (179 million) pixels are not
            read, a guard against files made to exhaust the memory.
    """
    with Image.open(file, formats=FORMATS) as picture:
        found = f'it has {picture.width}x{picture.height} pixels'
        if max(picture.size) > LONGEST_SIDE:
            raise ValueError(f'{found}, and at most {LONGEST_SIDE} a side are read')
        if max_pixels is not None and picture.width * picture.height > max_pixels:
            raise ValueError(f'{found}, and at most {max_pixels} are read')
        return to_rgb(_pixels(_upright(picture)))


def to_rgb(pixels: np.ndarray) -> np.ndarray:
    """Turns pixels (H, W) or (H, W, 1 | 3 | 4), grey, RGB or RGBA in uint8 or uint16, into RGB (H, W, 3) in uint8.

    Raises:
        ValueError: The array is none of these.
    """
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.dtype not in (np.uint8, np.uint16) or pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4):
        raise ValueError(
            f'a picture of shape {pixels.shape} in {pixels.dtype}; '
            '(H, W) or (H, W, 1 | 3 | 4) in uint8 or uint16 is expected'
        )
    if 0 in pixels.shape:
        raise ValueError(f'a picture of shape {pixels.shape} has no pixels')
    if pixels.dtype == np.uint16:
        pixels = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)  # rounded; 257 has no half
    if pixels.shape[2] == 4:
        alpha = pixels[..., 3:].astype(np.uint16)
        blended = pixels[..., :3] * alpha + 255 * (255 - alpha)
        pixels = ((blended + 127) // 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def _upright(picture: Image.Image) -> Image.Image:
    """Turns a picture as its EXIF data say, whatever else these hold.

    Pillow's own ``exif_transpose`` writes them anew, and gives up a sound picture for an odd one among them.
    """
    turn = UPRIGHT.get(picture.getexif().get(ExifTags.Base.Orientation))
    return picture if turn is None else picture.transpose(turn)


def _pixels(picture: Image.Image) -> np.ndarray:
    """Returns the pixels of a Pillow image as grey (16 bits), RGB or RGBA."""
    if picture.mode == 'F':
        raise ValueError('its pixels are floating-point numbers')
    if picture.mode.startswith('I'):
        return np.clip(np.array(picture), 0, 65535).astype(np.uint16)
    return np.array(picture.convert('RGBA' if picture.has_transparency_data else 'RGB'))
