import numpy as np
import pytest
import torch
from PIL import Image

from mtcp_mm.tasks import DataError, DepthMap, build_tasks
from mtcp_mm.utils import ConfigError


def test_metres_are_read_and_invalid_depth_is_void(tmp_path):
    np.save(tmp_path / 'a.npy', np.array([[1.5, 0, -2, np.nan, np.inf, 80]], np.float32))
    depth = DepthMap('depth').load(tmp_path / 'a.npy')
    assert depth.dtype == np.float32
    np.testing.assert_array_equal(depth, np.array([[1.5, 0, 0, 0, 0, 80]], np.float32))


def test_16_bit_millimetres_are_scaled_to_metres(tmp_path):
    Image.fromarray(np.array([[0, 1234, 65535]], np.uint16)).save(tmp_path / 'a.png')
    depth = DepthMap('depth', scale=0.001).load(tmp_path / 'a.png')
    assert depth.dtype == np.float32
    np.testing.assert_allclose(depth, [[0, 1.234, 65.535]], rtol=1e-6)


@pytest.mark.parametrize('values', [np.ones((2, 2, 1)), np.array([['a']]), np.ones((2, 2), complex)])
def test_an_invalid_map_is_an_error_that_names_the_file(tmp_path, values):
    np.save(tmp_path / 'bad.npy', values)
    with pytest.raises(DataError, match=r'bad\.npy'):
        DepthMap('depth').load(tmp_path / 'bad.npy')


def test_valid_agrees_with_void_after_loading():
    target = torch.tensor([[[0.0, 1.0, -1.0, torch.nan, torch.inf]]])
    assert DepthMap('depth').valid(target).tolist() == [[[False, True, False, False, False]]]


def test_zoom_by_two_halves_the_depth_and_keeps_void():
    zoomed = DepthMap('depth').zoom(np.array([[4.0, 0.0]], np.float32), 2)
    assert zoomed.dtype == np.float32 and zoomed.tolist() == [[2.0, 0.0]]


def test_logits_are_metres():
    logits = torch.tensor([[[-1.0, 2.0]]])
    assert torch.equal(DepthMap('depth').activate(logits), logits)


def test_the_bias_starts_at_the_mean():
    assert DepthMap('depth', mean=2.75).initial_bias == 2.75


def test_the_baseline_is_the_mean_over_valid_pixels():
    task = DepthMap('depth')
    target = torch.tensor([[[0.0, 1.0], [2.0, 6.0]]])
    assert task.baseline_statistics(target).tolist() == [3, 9]
    assert task.baseline_prediction(task.baseline_statistics(target)).tolist() == [3]


def test_draw_has_a_bar_in_metres_and_black_void():
    depth = np.linspace(1, 5, 200, dtype=np.float32).reshape(1, 10, 20)
    depth[0, 0, 0] = 0
    drawing = DepthMap('depth').draw(depth)
    low, high = np.percentile(depth[depth > 0], [1, 99])
    assert (drawing.bar.low, drawing.bar.high, drawing.bar.unit) == (pytest.approx(low), pytest.approx(high), 'm')
    assert drawing.image[0, 0].tolist() == [0, 0, 0]
    near, far = drawing.image[0, 1].astype(int), drawing.image[-1, -1].astype(int)
    assert near[0] > near[2] and far[2] > far[0]  # near is red, far is blue


@pytest.mark.parametrize('value', [0.0, 3.0])
def test_draw_handles_maps_without_depth_and_with_constant_depth(value):
    drawing = DepthMap('depth').draw(np.full((1, 2, 3), value, np.float32))
    assert drawing.image.shape == (2, 3, 3) and drawing.bar.high > drawing.bar.low


@pytest.mark.parametrize('dtype', [np.uint8, np.uint16, np.int32])
def test_integers_without_a_scale_are_refused(dtype):
    values = np.array([[0, 120]], dtype)
    with pytest.raises(DataError, match=r'a\.png: .*scale=0\.001 .* 0\.12 m, with scale=1 .* 120 m'):
        DepthMap('depth').decode(values, 'a.png')
    assert DepthMap('depth', scale=1).decode(values, 'a.png').tolist() == [[0, 120]]


def test_the_scale_applies_to_files_of_every_type():
    for dtype in (np.uint16, np.float32):
        values = np.array([[0, 500]], dtype)
        assert DepthMap('depth', scale=0.001).decode(values, 'a.npy').tolist() == [[0, 0.5]]


@pytest.mark.parametrize('setting', ['mean', 'scale'])
@pytest.mark.parametrize('value', [-1, float('nan'), float('inf'), '1'])
def test_an_invalid_mean_or_scale_is_refused_when_the_task_is_built(setting, value):
    with pytest.raises(ConfigError, match=f'{setting} of task "depth" is'):
        DepthMap('depth', **{setting: value})


def test_a_scale_of_zero_is_refused():
    with pytest.raises(ConfigError, match='scale of task "depth" is 0'):
        DepthMap('depth', scale=0)


def test_floats_beyond_a_kilometre_need_a_scale():
    millimetres = np.array([[2400, 3100.5, 900, 0]], np.float32)
    with pytest.raises(DataError, match=r'a\.npy: most .*3100.5.*scale=0\.001 .*scale=1 '):
        DepthMap('depth').decode(millimetres, 'a.npy')
    np.testing.assert_allclose(DepthMap('depth', scale=0.001).decode(millimetres, 'a.npy'), millimetres / 1000)
    assert DepthMap('depth', scale=1).decode(millimetres, 'a.npy').tolist() == millimetres.tolist()
    some_far = np.array([[3, 5, 9, 10000, 10000, np.inf]], np.float32)
    assert DepthMap('depth').decode(some_far, 'a.npy').tolist() == [[3, 5, 9, 10000, 10000, 0]]
    a_kilometre = np.full((1, 2), 1000, np.float32)
    assert DepthMap('depth').decode(a_kilometre, 'a.npy').tolist() == [[1000, 1000]]


def test_depth_has_one_channel():
    with pytest.raises(ConfigError, match='task "depth": .*channels'):
        build_tasks([dict(type='DepthMap', name='depth', channels=2)])


def test_void_value_marks_void():
    values = np.array([[0, 65535, 1500]], np.uint16)
    depth = DepthMap('depth', scale=0.001, void_value=65535).decode(values, 'a.png')
    np.testing.assert_allclose(depth, [[0, 0, 1.5]])


def test_a_map_with_only_void_needs_no_scale():
    assert DepthMap('depth').decode(np.zeros((1, 2), np.float32), 'a.npy').tolist() == [[0, 0]]
