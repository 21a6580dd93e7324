import os
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from mtcp_mm.utils import IMAGE_SUFFIXES, read_rgb, to_rgb

GREY = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


def save(path, image, **kwargs):
    image.save(path, **kwargs)
    return path


def test_grey_palette_and_sixteen_bits(tmp_path):
    wanted = np.repeat(GREY[..., None], 3, axis=2)
    grey = Image.fromarray(GREY)
    assert np.array_equal(read_rgb(save(tmp_path / 'grey.png', grey)), wanted)
    palette = Image.fromarray(GREY // 20)
    palette = Image.frombytes('P', palette.size, palette.tobytes())
    palette.putpalette([20 * i for i in range(12) for _ in range(3)])
    assert np.array_equal(read_rgb(save(tmp_path / 'palette.png', palette)), wanted)
    for suffix in ('png', 'tif'):
        deep = Image.fromarray(GREY.astype(np.uint16) * 257)
        assert np.array_equal(read_rgb(save(tmp_path / f'deep.{suffix}', deep)), wanted)
    assert np.array_equal(to_rgb(GREY.astype(np.uint16)[..., None] * 257), wanted)


@pytest.mark.parametrize('mode', ['RGBA', 'LA'])
def test_transparent_parts_are_white(tmp_path, mode):
    image = Image.new(mode, (2, 1), 0)
    image.putalpha(Image.fromarray(np.array([[0, 255]], np.uint8)))
    image = read_rgb(save(tmp_path / 'alpha.png', image))
    assert image.tolist() == [[[255] * 3, [0] * 3]]


@pytest.mark.parametrize('suffix', IMAGE_SUFFIXES)
def test_every_suffix_is_of_a_format_that_is_read(tmp_path, suffix):
    mode = '1' if suffix == '.pbm' else 'RGB'
    assert read_rgb(save(tmp_path / f'a{suffix}', Image.new(mode, (4, 3)))).shape == (3, 4, 3)


def test_the_suffixes_are_those_that_people_use():
    assert {'.bmp', '.gif', '.jfif', '.jpeg', '.jpg', '.png', '.ppm', '.tif', '.tiff', '.webp'} <= {*IMAGE_SUFFIXES}
    assert not {'.eps', '.heic', '.mp4', '.npy', '.pfm'} & {*IMAGE_SUFFIXES}


def test_a_rotated_image_is_set_upright(tmp_path):
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:, :8] = 250  # bright at the left of the stored image
    exif = Image.Exif()
    exif[0x0112] = 6  # stored turned: the stored left is the top
    image = read_rgb(save(tmp_path / 'turned.jpg', Image.fromarray(pixels), exif=exif, quality=100))
    assert image.shape == (16, 8, 3)
    assert image[:6].mean() > 240 and image[-6:].mean() < 10


@pytest.mark.parametrize('suffix', ['jpg', 'png', 'tif', 'webp'])
@pytest.mark.parametrize('orientation', range(1, 9))
def test_orientations_are_pillows(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    path = save(tmp_path / f'turned.{suffix}', Image.fromarray(pixels), exif=exif, lossless=True)
    with Image.open(path) as stored:
        wanted = np.array(ImageOps.exif_transpose(stored))
    assert np.array_equal(read_rgb(path), wanted)


def test_odd_exif_data_do_not_matter(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 3
    exif[0x010F] = 'Maker 1'
    path = save(tmp_path / 'odd.jpg', Image.fromarray(GREY), exif=exif, quality=100)
    content = path.read_bytes()
    text, ratio = (bytes.fromhex(entry) for entry in ('010f 0002 00000008', '010f 0005 00000001'))  # tag, type, count
    assert content.count(text) == 1
    path.write_bytes(content.replace(text, ratio))
    with Image.open(path) as stored, pytest.raises((AttributeError, TypeError, struct.error)):
        ImageOps.exif_transpose(stored)
    assert np.abs(read_rgb(path)[..., 0].astype(int) - GREY[::-1, ::-1]).max() < 12


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack('>I', len(data)) + name + data + struct.pack('>I', zlib.crc32(name + data))


@pytest.mark.parametrize('place', [33, -12], ids=['before', 'after'])
@pytest.mark.parametrize(
    'chunk',
    [
        (b'eXIf', b''),
        (b'eXIf', b'\0\x08\0\x02'),
        (b'eXIf', b"b'Exif\\x00\\x00'"),
        (b'eXIf', b'II*\0\xff\xff\xff\xff'),
        (b'eXIf', b'II*\0\x08\0\0\0\x09\0\x12\x01'),
        (b'tEXt', b'Raw profile type exif\0\nexif\n 4\nzzzz\n'),
        (b'tEXt', b'exif\0text'),
        (b'tEXt', b'xmp\0tiff:Orientation="'),
        (b'tEXt', b'transparency\0none'),
        (b'tEXt', b'bbox\0none'),
        (b'zTXt', b'Raw profile type exif\0\0' + zlib.compress(b'text')),
        (b'zTXt', b'long\0\0' + zlib.compress(bytes(2 << 20))),
        (b'iTXt', b'XML:com.adobe.xmp\0\1\0\0\0' + zlib.compress(bytes(2 << 20))),
        (b'iCCP', b'profile\0\0' + zlib.compress(bytes(2 << 20))),
        (b'iCCP', b''),
        (b'pHYs', b'\0'),
        (b'sRGB', b''),
    ],
    ids=lambda chunk: f'{chunk[0].decode()}-{len(chunk[1])}',
)
def test_an_intact_png_is_read_with_any_metadata(tmp_path, chunk, place):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    path = save(tmp_path / 'a.png', Image.fromarray(pixels))
    content = path.read_bytes()
    path.write_bytes(content[:place] + png_chunk(*chunk) + content[place:])
    assert np.array_equal(read_rgb(path), pixels)


@pytest.mark.parametrize('suffix', ['jpg', 'webp', 'png'])
def test_invalid_exif_data_rotate_nothing(tmp_path, suffix):
    pixels = np.full((5, 7, 3), 90, np.uint8)
    path = save(tmp_path / f'a.{suffix}', Image.fromarray(pixels), exif=b'no EXIF at all', lossless=True)
    assert np.array_equal(read_rgb(path), pixels)


@pytest.mark.parametrize(('marker', 'data'), [(0xE0, b'JFIF'), (0xE2, b'ICC_PROFILE\0'), (0xEE, b'Adobe')])
def test_an_intact_jpeg_with_cut_segments_is_read(tmp_path, marker, data):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / 'a.jpg', Image.fromarray(GREY), exif=exif)
    wanted, content = read_rgb(path), path.read_bytes()
    path.write_bytes(content[:2] + struct.pack('>BBH', 0xFF, marker, len(data) + 2) + data + content[2:])
    assert np.array_equal(read_rgb(path), wanted) and wanted.shape == (4, 3, 3)


def test_a_tiff_whose_resolution_is_text_is_read(tmp_path):
    path = save(tmp_path / 'a.tif', Image.fromarray(GREY), resolution=300, resolution_unit='cm')
    content = path.read_bytes()
    ratio, text = (bytes.fromhex(entry) for entry in ('1a01 0500 01000000', '1a01 0200 04000000'))  # tag, type, count
    assert content.count(ratio) == 1
    path.write_bytes(content.replace(ratio, text))
    assert np.array_equal(read_rgb(path)[..., 0], GREY)


@pytest.mark.parametrize('digits', ['6', '60', 'x'])
def test_orientations_of_other_places(tmp_path, digits):
    info = PngInfo()
    info.add_itxt('XML:com.adobe.xmp', f'<x tiff:Orientation="{digits}"/>')
    path = save(tmp_path / 'a.png', Image.fromarray(GREY), pnginfo=info)
    assert read_rgb(path).shape == ((3, 4, 3) if digits == 'x' else (4, 3, 3))
    exif = b'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0'
    info = PngInfo()
    info.add_text('Raw profile type exif', f'\nexif\n {len(exif)}\n{exif.hex()}\n')
    assert read_rgb(save(path, Image.fromarray(GREY), pnginfo=info)).shape == (4, 3, 3)


def test_repeated_exif_data_do_not_fill_the_memory(tmp_path):
    path = save(tmp_path / 'a.png', Image.fromarray(GREY))
    entries = b''.join(struct.pack('<HHII', 40_000 + i, 7, 20_000, 8) for i in range(2000))
    chunk = png_chunk(b'eXIf', b'II*\0\x08\0\0\0' + struct.pack('<H', 2000) + entries + bytes(4))
    path.write_bytes(path.read_bytes()[:33] + chunk + path.read_bytes()[33:])
    tracemalloc.start()
    try:
        assert read_rgb(path).shape == (3, 4, 3)
        assert tracemalloc.get_traced_memory()[1] < 10e6
    finally:
        tracemalloc.stop()


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / 'a.jpg')
    with pytest.raises(ValueError, match=r'a\.jpg: a named pipe, where a file is expected'):
        read_rgb(tmp_path / 'a.jpg')


def test_no_other_program_reads_what_is_called_an_image(tmp_path, monkeypatch):
    script = tmp_path / 'gs'
    script.write_text(f'#!/bin/sh\ntouch {tmp_path}/ran\n')
    script.chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path), prepend=':')
    postscript = b'%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n'
    (tmp_path / 'a.png').write_bytes(postscript)
    with pytest.raises(ValueError, match=r'a\.png: cannot be read as an image'):
        read_rgb(tmp_path / 'a.png')
    assert not (tmp_path / 'ran').exists()


def test_blending_and_rounding_are_exact():
    color, alpha = np.meshgrid(np.arange(256), np.arange(256))
    pixels = np.stack([color, 255 - color, color, alpha], -1).astype(np.uint8)
    share = alpha[..., None] / 255
    assert np.array_equal(to_rgb(pixels), (pixels[..., :3] * share + 255 * (1 - share)).round())
    deep = np.arange(65536).reshape(256, 256).astype(np.uint16)
    assert np.array_equal(to_rgb(deep)[..., 0], (deep / 257).round())


def test_cmyk(tmp_path):
    image = read_rgb(save(tmp_path / 'cmyk.jpg', Image.new('CMYK', (8, 8), (0, 255, 255, 0)), quality=100))
    assert abs(image.mean((0, 1)) - [255, 0, 0]).max() < 8


@pytest.mark.parametrize('content', [b'', b'no image', None])
def test_damaged_files_are_named(tmp_path, content):
    path = save(tmp_path / 'bad.jpg', Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)))
    path.write_bytes(path.read_bytes()[:1500] if content is None else content)
    with pytest.raises(ValueError, match=r'bad\.jpg: cannot be read'):
        read_rgb(path)


@pytest.mark.parametrize(
    'pixels', [np.zeros((3, 4, 2), np.uint8), np.zeros((3, 4, 3)), np.zeros((0, 4), np.uint8), np.zeros(3, np.uint8)]
)
def test_refuses_arrays_that_are_not_images(pixels):
    with pytest.raises(ValueError, match='image of shape'):
        to_rgb(pixels)


def test_floating_point_pixels_are_refused(tmp_path):
    path = save(tmp_path / 'float.tif', Image.fromarray(np.ones((3, 4), np.float32)))
    with pytest.raises(ValueError, match='floating-point'):
        read_rgb(path)


def test_an_image_too_large_for_the_memory_is_refused_before_it_is_read(tmp_path):
    path = save(tmp_path / 'huge.png', Image.new('1', (20_000, 20_000)))
    with pytest.raises(ValueError, match=r'huge\.png: .*400000000 pixels.* shrink it'):
        read_rgb(path)


def test_a_strip_is_refused(tmp_path):
    path = save(tmp_path / 'strip.png', Image.new('1', (65_536, 1)))
    with pytest.raises(ValueError, match=r'strip\.png: .*65536x1 pixels, and at most 65535 a side'):
        read_rgb(path)


def test_a_limit_of_pixels(tmp_path):
    path = save(tmp_path / 'grey.png', Image.fromarray(GREY))
    assert read_rgb(path, 12).shape == (3, 4, 3)
    with pytest.raises(ValueError, match=r'grey\.png: .*it has 4x3 pixels, and at most 11 are read.*shrink it'):
        read_rgb(path, 11)
