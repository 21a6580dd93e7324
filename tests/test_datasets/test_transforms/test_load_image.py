import os

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.datasets import LoadImage
from mtcp_mm.datasets.transforms import load_image
from mtcp_mm.tasks import DataError


def load(path) -> dict:
    return LoadImage()(dict(img_path=str(path)))


def test_reads_bgr(tmp_path):
    rgb = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    Image.fromarray(rgb).save(tmp_path / 'a.png')
    results = load(tmp_path / 'a.png')
    np.testing.assert_array_equal(results['img'], rgb[..., ::-1])
    assert results['img_shape'] == results['ori_shape'] == (5, 7)


def test_grey_image_gets_three_channels(tmp_path):
    Image.fromarray(np.full((5, 7), 90, np.uint8)).save(tmp_path / 'a.jpg')
    assert load(tmp_path / 'a.jpg')['img'].shape == (5, 7, 3)


def test_transparent_parts_are_white_as_in_inference(tmp_path):
    Image.fromarray(np.array([[[10, 20, 30, 0], [10, 20, 30, 255]]], np.uint8)).save(tmp_path / 'a.png')
    assert load(tmp_path / 'a.png')['img'].tolist() == [[[255] * 3, [30, 20, 10]]]


@pytest.mark.parametrize('suffix', ['jpg', 'png'])
@pytest.mark.parametrize('kept', [0, 0.05, 0.5, 0.9])
def test_truncated_image_is_named(tmp_path, suffix, kept):
    path = tmp_path / f'a.{suffix}'
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)).save(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(DataError, match=rf'a\.{suffix}: the image cannot be read'):
        load(path)


def test_missing_image_is_named(tmp_path):
    with pytest.raises(DataError, match=r'gone\.jpg: the image cannot be read'):
        load(tmp_path / 'gone.jpg')


@pytest.mark.parametrize('orientation', [3, 6])
def test_exif_rotation_is_applied_unless_upright_is_false(tmp_path, orientation):
    rgb, exif = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8), Image.Exif()
    exif[274] = orientation
    Image.fromarray(rgb).save(tmp_path / 'a.png', exif=exif)
    turned = np.rot90(rgb, 2 if orientation == 3 else -1)
    for upright, expected in {True: turned, False: rgb}.items():
        results = LoadImage()(dict(img_path=str(tmp_path / 'a.png'), upright=upright))
        np.testing.assert_array_equal(results['img'], expected[..., ::-1])
        assert results['ori_shape'] == expected.shape[:2]


def test_invalid_exif_data_are_ignored(tmp_path):
    rgb = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    Image.fromarray(rgb).save(tmp_path / 'a.png', exif=b'no EXIF at all')
    np.testing.assert_array_equal(load(tmp_path / 'a.png')['img'], rgb[..., ::-1])


def test_a_named_pipe_is_refused_without_blocking(tmp_path):
    os.mkfifo(tmp_path / 'a.jpg')
    with pytest.raises(DataError, match=r'a\.jpg: the image cannot be read \(a named pipe'):
        load(tmp_path / 'a.jpg')


def test_a_bug_is_not_reported_as_a_damaged_file(tmp_path, monkeypatch):
    Image.new('RGB', (4, 3)).save(tmp_path / 'a.png')
    monkeypatch.setattr(load_image, 'to_rgb', lambda pixels: pixels.nonsense)
    with pytest.raises(AttributeError, match='nonsense'):
        load(tmp_path / 'a.png')
