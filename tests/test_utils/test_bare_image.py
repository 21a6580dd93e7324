import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.utils import bare_image
from mtcp_mm.utils.bare_image import repeated_tag, without_comments, without_metadata

PIXELS = np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8)
MODES = dict(PNG='RGB L P RGBA 1', JPEG='RGB L CMYK', TIFF='RGB L P RGBA CMYK 1', WEBP='RGB RGBA')


def encode(name: str, mode: str = 'RGB', **kwargs) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(buffer, name, **kwargs)
    return buffer.getvalue()


def exif() -> Image.Exif:
    data = Image.Exif()
    data[0x0112], data[0x010F] = 6, 'maker'
    return data


def decode(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        return np.array(image)


@pytest.mark.parametrize(('name', 'mode'), [(name, mode) for name, modes in MODES.items() for mode in modes.split()])
def test_only_the_pixels_stay(name, mode):
    content = encode(name, mode, icc_profile=b'profile')
    bare = without_metadata(content)
    for each, profile in ((content, b'profile'), (bare, None)):
        with Image.open(io.BytesIO(each)) as image:
            assert image.info.get('icc_profile') == profile
    np.testing.assert_array_equal(decode(bare), decode(content))


@pytest.mark.parametrize('name', ['PNG', 'JPEG'])
def test_intact_exif_data_stay(name):
    with Image.open(io.BytesIO(without_metadata(encode(name, exif=exif(), icc_profile=b'profile')))) as image:
        assert image.getexif()[0x0112] == 6 and not image.info.get('icc_profile')


def test_damaged_exif_data_of_a_png_go():
    content = encode('PNG', exif=exif())
    end = content.index(b'eXIf') + 20
    assert b'eXIf' not in without_metadata(content[:end] + b'?' + content[end + 1 :])


def test_a_transparent_colour_stays():
    content = encode('PNG', transparency=(1, 2, 3))
    assert b'tRNS' in without_metadata(content)


def test_the_first_frame_stays_of_a_webp_with_several():
    other = Image.fromarray(255 - PIXELS)
    content = encode('WEBP', lossless=True, save_all=True, append_images=[other], exif=exif())
    np.testing.assert_array_equal(decode(without_metadata(content)), PIXELS)


@pytest.mark.parametrize('name', ['BMP', 'GIF', 'PPM'])
def test_other_formats_have_nothing_to_leave_out(name):
    assert without_metadata(encode(name)) is None


def chunk(name: bytes, data: bytes, damage: int = 0) -> bytes:
    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data) ^ damage)


def test_chunks_that_pillow_stumbles_on_go():
    content, odd = encode('PNG'), chunk(b'tEXt', b'a\0b', 1) + chunk(b'iCCP', b'') + chunk(b'gAMA', b'1')
    assert without_metadata(content[:33] + odd + content[33:-12] + odd + content[-12:]) == content


def gif(before: bytes) -> bytes:
    """An image with a block before the one that makes colour 3 transparent."""
    content = encode('GIF', 'P')
    place = 13 + (6 << (content[10] & 7))
    return content[:place] + before + b'!\xf9\x04\x01\0\0\x03\0' + content[content.index(b',', place) :]


@pytest.mark.parametrize(
    'before',
    [b'!\xfe\x01a\0' * 3, b'!\xfe' + b'\x02,;\0', b'!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0', b'\0\1'],
    ids=['several', 'long', 'loop', 'junk'],
)
def test_texts_of_a_gif_go_and_its_transparency_stays(before):
    bare = without_comments(gif(before))
    assert bare == gif(b'')
    with Image.open(io.BytesIO(bare)) as image:
        assert image.info['transparency'] == 3


def test_too_many_blocks_are_refused(monkeypatch):
    monkeypatch.setattr(bare_image, 'MAX_GIF_BLOCKS', 100)
    for before in (b'!\xfe' + b'\x01a' * 101 + b'\0', b'!\xfe\x01a\0' * 101):
        with pytest.raises(ValueError, match='more than 100 blocks'):
            without_comments(gif(before))


@pytest.mark.parametrize('form', ['P1', 'P2', 'P3', 'P5'])
def test_comments_of_plain_pixels_go(form):
    content = f'{form} # of a # camera\n2 1 9\r#\n1 0 #end'.encode()
    assert without_comments(content) == (content if form == 'P5' else f'{form} 2 1 9\r1 0 '.encode())


def test_too_many_comments_are_refused(monkeypatch):
    monkeypatch.setattr(bare_image, 'MAX_COMMENTS', 100)
    with pytest.raises(ValueError, match='more than 100 comments'):
        without_comments(b'P2 1 1 255 ' + b'#\n' * 101 + b'1')


def test_a_directory_with_too_many_tags_is_refused():
    with pytest.raises(ValueError, match='65536 tags'):
        repeated_tag(b'II+\0\x08\0\0\0' + struct.pack('<QQ', 16, 65_536))


def test_a_bigtiff_that_readers_take_for_different_things_is_refused():
    with pytest.raises(ValueError, match='BigTIFF'):
        repeated_tag(b'MM\0+' + bytes(100))
