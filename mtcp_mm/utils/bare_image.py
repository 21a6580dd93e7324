"""Reduces images to their pixels, without texts, profiles, resolutions, dates or animations."""

import re
import struct
import zlib
from collections.abc import Iterator
from itertools import pairwise

PNG_START = b'\x89PNG\r\n\x1a\n'
JPEG_MARKER = re.compile(rb'\xff[^\x00\x01\xff\xd0-\xd7]')
"""Markers that are followed by a length, which 01 and the restart markers are not."""
START_OF_SCAN, END_OF_IMAGE, COMMENT, EXIF_MARKER, ADOBE_MARKER = 0xDA, 0xD9, 0xFE, 0xE1, 0xEE
ADOBE_LENGTH = 14
"""Bytes after Adobe's marker, which describes how colours are stored."""
LARGEST_PIXEL_TAG, FURTHER_PIXEL_TAGS = 266, {
    *range(273, 281), 284, 292, 293, 317, *range(320, 326), *range(332, 348), *range(512, 533),
} - {274}  # fmt: skip
"""Tags of TIFF that describe how pixels are stored; 274 is the orientation."""
GIF_BLOCK = re.compile(rb'[!,;]')
GRAPHIC_CONTROL = 0xF9
MAX_GIF_BLOCKS = MAX_COMMENTS = 1 << 20
PLAIN_COMMENT = re.compile(rb'#[^\r\n]*[\r\n]?')
MAX_TAGS = 65_535
WEBP_CHUNKS = (b'ALPH', b'ANIM', b'ANMF', b'VP8 ', b'VP8L', b'VP8X')
WEBP_KEPT_FLAGS = 0b00010010
"""Flags of transparency and animation, but not of profile, EXIF and XMP."""


def without_metadata(content: bytes) -> bytes | None:
    """Returns a PNG, JPEG, TIFF or WebP with only its pixels, and in PNG and JPEG its EXIF data.

    Pillow refuses an intact image if a text or profile in it is damaged, which other readers ignore.

    Args:
        content: Bytes of a file.

    Returns:
        Bytes of the new file. None for any other format.

    Raises:
        Exception: The file is damaged.
    """
    if content.startswith(PNG_START):
        return PNG_START + b''.join(png_chunks(content))
    if content.startswith(b'\xff\xd8'):
        return bare_jpeg(content)
    if content.startswith((b'II*\0', b'MM\0*')):
        return bare_tiff(content)
    if content.startswith(b'RIFF') and content[8:12] == b'WEBP':
        body = b'WEBP' + b''.join(webp_chunks(content))
        return b'RIFF' + struct.pack('<I', len(body)) + body
    return None


def png_chunks(content: bytes) -> Iterator[bytes]:
    """Yields the chunks that the pixels need, and undamaged EXIF data."""
    position = len(PNG_START)
    while position + 8 <= len(content):
        length, name = struct.unpack_from('>I4s', content, position)
        end = position + 12 + length
        intact = content[end - 4 : end] == struct.pack('>I', zlib.crc32(content[position + 4 : end - 4]))
        if name[:1].isupper() or name == b'tRNS' or (name == b'eXIf' and intact):
            yield content[position:end]
        position = end


def jpeg_segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yields marker, start and end of the segments of a JPEG's first image, without the scans' own data."""
    position = 2
    while (found := JPEG_MARKER.search(content, position)) and content[found.start() + 1] != END_OF_IMAGE:
        start = found.start()
        position = start + 2 + struct.unpack_from('>H', content, start + 2)[0]
        yield content[start + 1], start, position


def bare_jpeg(content: bytes) -> bytes:
    """Removes a JPEG's comments and application segments, except EXIF data and the description of colours."""
    kept, done = [], 0
    for marker, start, end in jpeg_segments(content):
        data = content[start + 4 : end]
        needed = (marker == EXIF_MARKER and data.startswith(b'Exif\0\0')) or (
            marker == ADOBE_MARKER and end - start - 2 >= ADOBE_LENGTH
        )
        if (0xE0 <= marker <= 0xEF or marker == COMMENT) and not needed:
            kept.append(content[done:start])
            done = end
    return b''.join(kept) + content[done:]


def bare_tiff(content: bytes) -> bytes:
    """Removes all but the pixel tags from a TIFF's first directory, which keeps its place."""
    order, start, entries = tiff_directory(content)
    kept = [entry for tag, entry in entries if is_pixel_tag(tag)]
    directory = struct.pack(f'{order}H', len(kept)) + b''.join(kept) + bytes(4)
    return content[:start] + directory + content[start + len(directory) :]


def tiff_directory(content: bytes) -> tuple[str, int, list[tuple[int, bytes]]]:
    """Returns the byte order of a TIFF, the offset of its first directory, and its tags with their complete entries."""
    order = '<' if content.startswith(b'II') else '>'
    big = content[2] == 43
    if content.startswith(b'MM\0+'):  # which Pillow takes for an ordinary TIFF, unlike libtiff
        raise ValueError('a big-endian BigTIFF is not read')
    (start,) = struct.unpack_from(f'{order}Q' if big else f'{order}I', content, 8 if big else 4)
    (count,) = struct.unpack_from(f'{order}Q' if big else f'{order}H', content, start)
    if count > MAX_TAGS:
        raise ValueError(f'it has {count} tags, and at most {MAX_TAGS} are read')
    first, size = (start + 8, 20) if big else (start + 2, 12)
    places = range(first, min(first + size * count, len(content) - size + 1), size)
    return order, start, [(struct.unpack_from(f'{order}H', content, at)[0], content[at : at + size]) for at in places]


def repeated_tag(content: bytes) -> int | None:
    """Returns a pixel tag that occurs twice in a TIFF's first directory, since readers differ in which one they use."""
    tags = [tag for tag, _ in tiff_directory(content)[-1] if is_pixel_tag(tag)]
    return next((tag for tag, following in pairwise(sorted(tags)) if tag == following), None)


def is_pixel_tag(tag: int) -> bool:
    """Whether a tag of TIFF describes how pixels are stored."""
    return tag <= LARGEST_PIXEL_TAG or tag in FURTHER_PIXEL_TAGS


def webp_chunks(content: bytes) -> Iterator[bytes]:
    """Yields the chunks that the pixels need."""
    position = 12
    while position + 8 <= len(content):
        name, length = struct.unpack_from('<4sI', content, position)
        end = position + 8 + length + length % 2
        if name == b'VP8X':
            yield content[position : position + 8] + bytes([content[position + 8] & WEBP_KEPT_FLAGS])
            yield content[position + 9 : end]
        elif name in WEBP_CHUNKS:
            yield content[position:end]
        position = end


def without_comments(content: bytes) -> bytes:
    """Returns a GIF or a plain PBM, PGM or PPM without comments, for which Pillow takes quadratic time.

    Raises:
        ValueError: There are too many comments.
    """
    if content.startswith((b'GIF87a', b'GIF89a')):
        return bare_gif(content)
    if not content.startswith((b'P1', b'P2', b'P3')):
        return content
    if content.count(b'#') > MAX_COMMENTS:
        raise ValueError(f'it has more than {MAX_COMMENTS} comments')
    return PLAIN_COMMENT.sub(b'', content)


def bare_gif(content: bytes) -> bytes:
    """Removes everything before a GIF's first frame except its palette and transparent colour.

    Raises:
        ValueError: There are too many blocks.
    """
    position = 13 + (6 << (content[10] & 7) if content[10] & 128 else 0)
    kept, blocks = [content[:position]], 0
    while (found := GIF_BLOCK.search(content, position)) and found[0] == b'!':
        start, position = found.start(), found.start() + 2
        while size := content[position]:
            position += 1 + size
            blocks += 1
            if blocks > MAX_GIF_BLOCKS:
                raise ValueError(f'it has more than {MAX_GIF_BLOCKS} blocks before its pixels')
        position += 1
        if content[start + 1] == GRAPHIC_CONTROL:
            kept.append(content[start:position])
    return b''.join(kept) + content[found.start() if found else len(content) :]
