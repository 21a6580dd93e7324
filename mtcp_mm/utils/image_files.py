"""Decoding image files, images and maps alike."""

import io
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, TypeVar

from PIL import Image, UnidentifiedImageError

from .bare_image import START_OF_SCAN, jpeg_segments, repeated_tag, without_comments, without_metadata
from .untrusted import read_content

FORMATS = ('BMP', 'GIF', 'JPEG', 'PNG', 'PPM', 'TIFF', 'WEBP')
"""Formats that are read, whatever the file name. Others are not: for PostScript, Pillow would run another program."""
LONGEST_SIDE = 65_535
"""That of JPEG. The maps of a single row of pixels could not be made piece by piece."""
FREE_BYTES = 1 << 27
"""Bytes of pixels that any file may have: 44 million pixels of a colour image, such as a scan at 600 dpi."""
BYTES_A_BYTE = 100
"""Bytes of pixels beyond that which a file may have, for each of its own; images have 5 to 30."""
READINGS = 4
"""How often the bytes of a file may be read. The entries of a TIFF may all point to the same bytes."""
MOST_STEPS = 1 << 20
"""Reads of a file until it is known what it has; those of a single byte add up."""
MOST_SCANS = 100
"""Passes over the pixels of a JPEG; progressive ones have about 10."""
Result = TypeVar('Result')
WIDE_MODES = {'I': 4, 'F': 4, 'I;16': 2}
"""Bytes of a pixel in each of Pillow's modes where a channel has more than one."""


class Frugal(io.BytesIO):
    """A file that can be read only a few times."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.left = READINGS * len(content) + (1 << 20)
        self.steps_left: float = MOST_STEPS

    def read(self, size: int | None = -1) -> bytes:
        """Reads like any file.

        Raises:
            ValueError: More was read than the file accounts for.
        """
        data = super().read(size)
        self.left -= len(data)
        self.steps_left -= 1
        if self.left < 0:
            raise ValueError('its bytes are used over and over')
        if self.steps_left < 0:
            raise ValueError(f'it takes more than {MOST_STEPS} steps to find its pixels')
        return data


def decode_image(file: BinaryIO, decode: Callable[[Image.Image], Result]) -> Result:
    """Decodes an image, without its metadata if they prevent it.

    Args:
        file: A file of one of :data:`FORMATS`; of several frames the first is read.
        decode: Returns the result, given the open image, which is not decoded yet.

    Raises:
        Exception: It is damaged or of another format, or much larger than its file accounts for (see
            :data:`FREE_BYTES`; Pillow's own limit is 179 million pixels).
    """
    content = read_content(file)
    try:
        with open_image(content) as image:
            return decode(image)
    except Exception:
        bare = without_metadata(content)
        if bare is None:
            raise
    with open_image(bare) as image:
        return decode(image)


@contextmanager
def open_image(content: bytes) -> Iterator[Image.Image]:
    """Opens an image without decoding it, and checks its header; see :func:`decode_image`."""
    if content.startswith(b'\xff\xd8'):
        scans = sum(marker == START_OF_SCAN for marker, _, _ in jpeg_segments(content))
        if scans > MOST_SCANS:
            raise ValueError(f'its pixels are sent in {scans} passes, and at most {MOST_SCANS} are read')
    if content.startswith((b'II', b'MM')) and (tag := repeated_tag(content)) is not None:
        raise ValueError(f'its tag {tag} is there twice')
    file = Frugal(without_comments(content))
    try:
        opened = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise ValueError(f'it is damaged, or none of {", ".join(FORMATS)}') from error
    file.steps_left = math.inf  # some are decoded pixel by pixel
    with opened as image:
        check_size(image, len(content))
        yield image


def check_size(image: Image.Image, size: int) -> None:
    """Checks the size of an image whose file has ``size`` bytes.

    Raises:
        ValueError: It is too large.
    """
    width, height = image.size
    if max(width, height) > LONGEST_SIDE:
        raise ValueError(f'it has {width}x{height} pixels, and at most {LONGEST_SIDE} a side are read')
    # The tiles of a TIFF may be larger than the image, and are decoded whole.
    tile = [getattr(image, 'tag_v2', {}).get(tag, 0) for tag in (322, 323)]
    if not all(type(side) is int and 0 <= side < 1 << 32 for side in tile):
        raise ValueError('the sides of its tiles are no numbers of pixels')
    count = max(width * height, math.prod(tile))
    needed = count * WIDE_MODES.get(image.mode[:4], len(image.getbands()))
    if needed > max(FREE_BYTES, BYTES_A_BYTE * size):
        raise ValueError(
            f'it has {width}x{height} pixels, which take {needed} bytes; of a file of {size} bytes at most '
            f'{max(FREE_BYTES, BYTES_A_BYTE * size)} are read'
        )
