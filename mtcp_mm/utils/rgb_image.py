"""Reads images in many formats as 8-bit RGB."""

import re
import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image
from PIL.Image import Transpose

from .image_files import FORMATS, decode_image
from .untrusted import open_regular, reading

Image.init()  # registers the suffixes
IMAGE_SUFFIXES = tuple(
    sorted(suffix for suffix, name in Image.registered_extensions().items() if name in FORMATS and suffix != '.pfm')
)
"""Suffixes of these formats, in lower case. PFM is left out, since it holds floats."""
UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""How to rotate an image upright, by EXIF orientation."""
WHOLE_NUMBERS = {3: 'H', 4: 'I'}
"""Types of EXIF entries that are single integers."""


def read_rgb(path: str | Path, max_pixels: int | None = None) -> np.ndarray:
    """Reads an image as RGB (H, W, 3), uint8, transparent parts over white; see :func:`decode_rgb`.

    Raises:
        UserError: The image cannot be read completely, or is too large; the message names the file.
    """
    remedy = 'convert it to PNG or JPEG, and shrink it if it is too large'
    with reading(path, remedy, 'cannot be read as an image'), open_regular(path) as file:
        pixels = decode_rgb(file, max_pixels)
    return to_rgb(pixels)


def decode_rgb(file: BinaryIO, max_pixels: int | None = None, upright: bool = True) -> np.ndarray:
    """Reads an image and rotates it upright by its EXIF data.

    Unreadable EXIF data are ignored.

    Args:
        file: A file in one of :data:`FORMATS`: grey, palette, colour, with or without transparency, 8 or 16 bits.
        max_pixels: Maximum number of pixels, besides the limits of :func:`decode_image`.
        upright: Whether to rotate it. Otherwise the pixels stay as stored.

    Returns:
        The pixels as :func:`to_rgb` takes them.

    Raises:
        Exception: See :func:`decode_image`.
    """

    def pixels(image: Image.Image) -> np.ndarray:
        if max_pixels is not None and image.width * image.height > max_pixels:
            raise ValueError(f'it has {image.width}x{image.height} pixels, and at most {max_pixels} are read')
        image.load()  # EXIF data may follow the pixels
        turn = find_turn(image) if upright else None
        return _pixels(image if turn is None else image.transpose(turn))

    return decode_image(file, pixels)


def is_turned(path: str | Path) -> bool:
    """Whether an image is rotated by its EXIF data. False if they cannot be read."""

    def turns(image: Image.Image) -> bool:
        if image.format != 'JPEG':
            image.load()  # EXIF data may follow the pixels
        return find_turn(image) is not None

    try:
        with open_regular(path) as file:
            return decode_image(file, turns)
    except Exception:  # reading the image itself will report what is wrong
        return False


def to_rgb(pixels: np.ndarray) -> np.ndarray:
    """Turns pixels (H, W) or (H, W, 1 | 3 | 4), grey, RGB or RGBA in uint8 or uint16, into RGB (H, W, 3) in uint8.

    Raises:
        ValueError: The array is none of these.
    """
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.dtype not in (np.uint8, np.uint16) or pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4):
        raise ValueError(
            f'an image of shape {pixels.shape} in {pixels.dtype}; '
            '(H, W) or (H, W, 1 | 3 | 4) in uint8 or uint16 is expected'
        )
    if 0 in pixels.shape:
        raise ValueError(f'an image of shape {pixels.shape} has no pixels')
    if pixels.dtype == np.uint16:
        pixels = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)  # rounded; 257 is odd: no ties
    if pixels.shape[2] == 4:
        alpha = pixels[..., 3].astype(np.uint16)
        blended = np.empty((*pixels.shape[:2], 3), np.uint8)
        for channel in range(3):  # one by one, to save memory
            blended[..., channel] = (pixels[..., channel] * alpha + 255 * (255 - alpha) + 127) // 255
        pixels = blended
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def find_turn(image: Image.Image) -> Transpose | None:
    """Returns the operation that sets a decoded image upright by its EXIF or XMP data; Pillow rotates TIFFs itself."""
    try:
        return UPRIGHT.get(_orientation(image.info))
    except Exception:  # the pixels are still usable
        return None


def _orientation(info: dict) -> int | None:
    """Finds the orientation in the same places as Pillow, whose own reader lets a small file fill the memory.

    Args:
        info: Pillow's ``info`` of an image.
    """
    exif = info.get('exif')
    if exif is None and (text := info.get('Raw profile type exif')):
        exif = bytes.fromhex(''.join(text.split('\n')[3:]))
    if exif and (orientation := _exif_orientation(exif)) is not None:
        return orientation
    xmp = info.get('XML:com.adobe.xmp') or info.get('xmp', b'').decode('latin-1')
    found = re.search(r'tiff:Orientation(?:="|>)([0-9])', xmp)
    return int(found[1]) if found else None


def _exif_orientation(exif: bytes) -> int | None:
    """Reads the orientation from the first directory of EXIF data."""
    while exif.startswith(b'Exif\0\0'):
        exif = exif[6:]
    order = {b'II': '<', b'MM': '>'}[exif[:2]]
    (start,) = struct.unpack_from(f'{order}I', exif, 4)
    (count,) = struct.unpack_from(f'{order}H', exif, start)
    for place in range(start + 2, start + 2 + 12 * count, 12):
        tag, kind, number = struct.unpack_from(f'{order}HHI', exif, place)
        if tag == ExifTags.Base.Orientation and kind in WHOLE_NUMBERS and number == 1:
            return struct.unpack_from(order + WHOLE_NUMBERS[kind], exif, place + 8)[0]
    return None


def _pixels(image: Image.Image) -> np.ndarray:
    """Returns the pixels of a Pillow image as grey (16 bits), RGB or RGBA."""
    if image.mode == 'F':
        raise ValueError('its pixels are floating-point numbers')
    if image.mode.startswith('I'):
        return np.clip(np.array(image), 0, 65535).astype(np.uint16)
    wanted = 'RGBA' if image.has_transparency_data else 'RGB'
    return np.array(image if image.mode == wanted else image.convert(wanted))
