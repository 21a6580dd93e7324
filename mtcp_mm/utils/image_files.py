"""Decodes image files, for images and maps alike."""

import io
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, TypeVar

from PIL import Image, UnidentifiedImageError

from .bare_image import START_OF_SCAN, jpeg_segments, repeated_tag, without_comments, without_metadata
from .untrusted import read_content

FORMATS = ('BMP', 'GIF', 'JPEG', 'PNG', 'PPM', 'TIFF', 'WEBP')
"""Formats that are read, whatever the file name. PostScript is not: Pillow would run another program for it."""
LONGEST_SIDE = 65_535
"""Maximum side in pixels, as in JPEG. Maps are made in bands of rows, which a huge single row would not allow."""
FREE_BYTES = 1 << 27
"""Bytes of pixels that any file may have: 44 megapixels in colour, such as a scan at 600 dpi."""
MAX_RATIO = 100
"""Maximum ratio of the bytes of pixels to those of the file, beyond that; images have 5 to 30."""
MAX_READS = 4
"""How often each byte of a file may be read, on average. The entries of a TIFF may all point to the same bytes."""
MAX_STEPS = 1 << 20
"""Maximum number of reads before the pixels are found; reads of a single byte add up."""
MAX_SCANS = 100
"""Maximum number of scans in a JPEG; progressive ones have about 10."""
Result = TypeVar('Result')
WIDE_MODES = {'I': 4, 'F': 4, 'I;16': 2}
"""Bytes per pixel of Pillow's modes with more than one byte per channel."""


class LimitedFile(io.BytesIO):
    """A file whose bytes can be read only a few times.

    Args:
        content: Its bytes.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.left = MAX_READS * len(content) + (1 << 20)
        self.steps_left: float = MAX_STEPS

    def read(self, size: int | None = -1) -> bytes:
        """Reads like any file.

        Raises:
            ValueError: A limit is exceeded.
        """
        data = super().read(size)
        self.left -= len(data)
        self.steps_left -= 1
        if self.left < 0:
            raise ValueError('its bytes are read over and over')
        if self.steps_left < 0:
            raise ValueError(f'it takes more than {MAX_STEPS} steps to find its pixels')
        return data


def decode_image(file: BinaryIO, decode: Callable[[Image.Image], Result]) -> Result:
    """Decodes an image; without its metadata, if they prevent it.

    Args:
        file: A file in one of :data:`FORMATS`; only its first frame is read.
        decode: Turns the open image, which is not decoded yet, into the result.

    Raises:
        Exception: The file is damaged or in another format, or its pixels are too many for its size (see
            :data:`FREE_BYTES` and :data:`MAX_RATIO`; Pillow's own limit is 179 million pixels).
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
        if scans > MAX_SCANS:
            raise ValueError(f'its pixels are sent in {scans} passes, and at most {MAX_SCANS} are read')
    if content.startswith((b'II', b'MM')) and (tag := repeated_tag(content)) is not None:
        raise ValueError(f'its tag {tag} occurs twice')
    file = LimitedFile(without_comments(content))
    try:
        opened = Image.open(file, formats=FORMATS)
    except UnidentifiedImageError as error:
        raise ValueError(f'it is damaged, or none of {", ".join(FORMATS)}') from error
    file.steps_left = math.inf  # some formats are decoded pixel by pixel
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
        raise ValueError('the sides of its tiles are not numbers of pixels')
    count = max(width * height, math.prod(tile))
    needed = count * WIDE_MODES.get(image.mode[:4], len(image.getbands()))
    if needed > max(FREE_BYTES, MAX_RATIO * size):
        raise ValueError(
            f'it has {width}x{height} pixels, which take {needed} bytes; of a file of {size} bytes at most '
            f'{max(FREE_BYTES, MAX_RATIO * size)} are read'
        )
