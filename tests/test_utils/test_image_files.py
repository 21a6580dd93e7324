import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.utils import image_files
from mtcp_mm.utils.image_files import decode_image

NOISE = np.random.default_rng(0).integers(0, 256, (300, 400), np.uint8)


def encode(image: Image.Image, name: str, **kwargs) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, name, **kwargs)
    return buffer.getvalue()


def read(content: bytes) -> np.ndarray:
    return decode_image(io.BytesIO(content), np.array)


@pytest.mark.parametrize('name', ['BMP', 'GIF', 'PNG', 'PPM', 'TIFF', 'WEBP'])
def test_each_format_is_read_whatever_the_file_name(name):
    values = read(encode(Image.fromarray(NOISE), name, **(dict(lossless=True) if name == 'WEBP' else {})))
    np.testing.assert_array_equal(values.reshape(300, 400, -1)[..., 0], NOISE)


@pytest.mark.parametrize('name', ['EPS', 'PDF', 'TGA', 'ICO'])
def test_no_other_format_is_read(name):
    with pytest.raises(ValueError, match='none of BMP, GIF'):
        read(encode(Image.fromarray(NOISE).convert('RGB'), name))


def test_far_more_pixels_than_the_file_accounts_for_are_refused(monkeypatch):
    monkeypatch.setattr(image_files, 'FREE_BYTES', 100_000)
    assert read(encode(Image.fromarray(NOISE), 'PNG')).shape == NOISE.shape
    flat = Image.new('L', NOISE.shape[::-1])
    with pytest.raises(
        ValueError, match=r'400x300 pixels, which take 120000 bytes; of a file of \d+ bytes at most 1000'
    ):
        read(encode(flat, 'PNG'))
    assert read(encode(flat, 'BMP')).shape == NOISE.shape
    with pytest.raises(ValueError, match='take 240000 bytes'):
        read(encode(Image.fromarray(np.zeros((300, 400), np.uint16)), 'PNG'))


def tiff(tags: list[tuple[int, int, int, int]], data: bytes) -> bytes:
    """A TIFF of tags (number, type, count, value; None is where the data lie)."""
    place = 8 + 2 + 12 * len(tags) + 4
    entries = (
        struct.pack('<HHII', tag, kind, count, place if value is None else value) for tag, kind, count, value in tags
    )
    return b'II*\0\x08\0\0\0' + struct.pack('<H', len(tags)) + b''.join(entries) + bytes(4) + data


GREY = [(256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 1, 8), (259, 3, 1, 8), (262, 3, 1, 1), (277, 3, 1, 1)]


def test_tiles_larger_than_the_image_count(monkeypatch):
    data = zlib.compress(bytes(1 << 16))
    content = tiff([*GREY, (322, 4, 1, 256), (323, 4, 1, 256), (324, 4, 1, None), (325, 4, 1, len(data))], data)
    assert read(content).shape == (16, 16)
    monkeypatch.setattr(image_files, 'FREE_BYTES', 60_000)
    with pytest.raises(ValueError, match='take 65536 bytes'):
        read(content)


def test_tags_that_share_their_bytes_do_not_fill_the_memory():
    data = zlib.compress(bytes(256)).ljust(100_000, b'\0')
    strips = [(273, 4, 1, None), (278, 4, 1, 16), (279, 4, 1, 20)]
    content = tiff([*GREY, *strips, *((40_000 + i, 7, 100_000, None) for i in range(2000))], data)
    tracemalloc.start()
    try:
        assert read(content).shape == (16, 16)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


def test_too_many_scans_are_refused():
    content = encode(Image.fromarray(NOISE), 'JPEG', progressive=True)
    start, end = content.rindex(b'\xff\xda'), content.rindex(b'\xff\xd9')
    (length,) = struct.unpack('>H', content[start + 2 : start + 4])
    scan = content[start : start + 2 + length]
    assert read(content[:end] + scan * 5 + content[end:]).shape == NOISE.shape
    with pytest.raises(ValueError, match=r'sent in \d+ passes, and at most 100 are read'):
        read(content[:end] + scan * 100 + content[end:])
    assert read(content + b'\xff\xda' * 1000).shape == NOISE.shape  # what follows is no part of the image


@pytest.mark.parametrize('hidden', [b'\xff\x01', b'\xff\x01\xff\xff', b'\xff\xd0', b'\xff\xff'])
def test_scans_after_markers_without_a_length_count(hidden):
    content = encode(Image.fromarray(NOISE), 'JPEG', progressive=True)
    start, end = content.rindex(b'\xff\xda'), content.rindex(b'\xff\xd9')
    with pytest.raises(ValueError, match='passes, and at most 100'):
        read(content[:end] + (hidden + content[start:end]) * 100 + content[end:])


@pytest.mark.parametrize(
    'side',
    [(2, 4, 0x00414141), (7, 4, 0x41414141), (9, 1, 0xFFFFFFFF), (11, 1, 0x41800000)],
    ids=['text', 'bytes', 'negative', 'fraction'],
)
def test_tiles_whose_sides_are_not_numbers_are_refused(side):
    data = zlib.compress(bytes(256))
    content = tiff([*GREY, (322, *side), (323, 4, 1, 1 << 31), (324, 4, 1, None), (325, 4, 1, len(data))], data)
    with pytest.raises(ValueError, match='sides of its tiles are not numbers'):
        read(content)


@pytest.mark.parametrize('tag', [256, 322])
def test_a_repeated_tag_is_refused(tag):
    data = zlib.compress(bytes(256))
    tags = [*GREY, (322, 4, 1, 16), (323, 4, 1, 16), (324, 4, 1, None), (325, 4, 1, len(data))]
    harmless = [(40_000, 4, 1, 1), (40_000, 4, 1, 2)]
    assert read(tiff([*tags, *harmless], data)).shape == (16, 16)
    with pytest.raises(ValueError, match=f'its tag {tag} occurs twice'):
        read(tiff(sorted([*tags, (tag, 4, 1, 9999)]), data))


def test_a_repeated_tag_is_refused_in_a_bigtiff():
    content = encode(Image.fromarray(NOISE), 'TIFF', big_tiff=True)
    assert read(content).shape == NOISE.shape
    (start,) = struct.unpack_from('<Q', content, 8)
    for place in range(start + 8, start + 28, 20):
        double = content[: place + 20] + content[place : place + 2] + content[place + 22 :]
        with pytest.raises(ValueError, match='occurs twice'):
            read(double)


@pytest.mark.parametrize('form', ['P2 4 1 255\n%s1 2 3 4 ', 'P5%s 4 1 255\n\1\2\3\4', 'P5 4 1%s 255\n\1\2\3\4'])
def test_a_few_comments_are_read_over_and_a_header_without_end_is_refused(monkeypatch, form):
    monkeypatch.setattr(image_files, 'MAX_STEPS', 1000)
    assert read((form % '\n# one\n#two\r').encode()).tolist() == [[1, 2, 3, 4]]
    if form.startswith('P5'):
        with pytest.raises(ValueError, match='more than 1000 steps'):
            read((form % ('\n#' + 'a' * 1000 + '\n')).encode())
    else:
        assert read((form % ('#\n' * 1000)).encode()).tolist() == [[1, 2, 3, 4]]


def test_files_larger_than_memory_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr('mtcp_mm.utils.untrusted.LARGEST_FILE', 1000)
    with pytest.raises(ValueError, match='1001 bytes, and at most 1000'):
        read(bytes(1001))
