import numpy as np
import pytest
import torch

from mtcp_mm.tasks import DataError, DepthMap, RegressionMap
from mtcp_mm.utils import ConfigError

NAN = float('nan')


def test_numbers_are_read_as_they_are_and_what_is_not_finite_is_void(tmp_path):
    np.save(tmp_path / 'a.npy', np.array([[-1.5, 0, 7, np.nan, np.inf]]))
    target = RegressionMap('albedo').load(tmp_path / 'a.npy')
    assert target.dtype == np.float32
    np.testing.assert_array_equal(target, np.float32([[-1.5, 0, 7, NAN, NAN]]))


@pytest.mark.parametrize('dtype', [np.uint8, np.int16, np.float32])
def test_void_value_and_scale_are_applied(dtype):
    task = RegressionMap('albedo', scale=0.5, void_value=9)
    np.testing.assert_array_equal(task.decode(np.array([[3, 9, 0]], dtype), ''), np.float32([[1.5, NAN, 0]]))


def test_a_pixel_is_void_if_any_channel_is():
    task = RegressionMap('offsets', channels=2, void_value=-1)
    values = np.array([[[1, 2], [3, np.nan], [-1, 5], [-2, 0]]])
    target = task.decode(values, '')
    np.testing.assert_array_equal(target, np.float32([[[1, 2], [NAN, NAN], [NAN, NAN], [-2, 0]]]))
    assert task.valid(task.to_tensor(target)).tolist() == [[[True, False, False, True]]]
    half = task.to_tensor(np.float32([[[1, NAN], [NAN, 1]]]))
    assert not task.valid(half).any()
    assert task.to_tensor(task.empty(2, 3)).shape == (2, 2, 3) and task.channels == 2


@pytest.mark.parametrize('values', [np.ones((2, 2)), np.ones((2, 2, 3)), np.ones((2, 2, 2), bool)])
def test_an_invalid_map_is_an_error_that_names_the_file(tmp_path, values):
    np.save(tmp_path / 'bad.npy', values)
    with pytest.raises(DataError, match=r'bad\.npy'):
        RegressionMap('offsets', channels=2).load(tmp_path / 'bad.npy')


def test_flip_zoom_and_rotation_do_not_change_the_numbers():
    task = RegressionMap('albedo')
    target = np.float32([[-1, NAN, 3]])
    np.testing.assert_array_equal(task.zoom(target, 1.5), target)
    np.testing.assert_array_equal(task.rotate(target, 30), target)
    np.testing.assert_array_equal(task.flip(target), target[:, ::-1])
    logits = torch.tensor([[[-2.0, 1]]])
    assert torch.equal(task.activate(logits), logits) and task.unflip(logits).tolist() == [[[1, -2]]]


def test_the_bias_starts_at_the_mean_which_may_be_negative():
    assert RegressionMap('shift', mean=-2.5).initial_bias == -2.5
    assert RegressionMap('shift').initial_bias == DepthMap('depth').initial_bias == 0


def test_the_baseline_is_the_mean_of_each_channel_over_valid_pixels():
    task = RegressionMap('offsets', channels=2)
    target = torch.tensor([[[1.0, 3, NAN]], [[-4.0, 0, 5]]])
    assert task.baseline_statistics(target).tolist() == [2, 4, -4]
    assert task.baseline_prediction(task.baseline_statistics(target)).tolist() == [2, -2]
    assert task.baseline_prediction(torch.zeros(3)).tolist() == [0, 0]


def test_draw_has_a_bar_and_black_void():
    values = np.linspace(-5, 5, 200, dtype=np.float32).reshape(1, 10, 20)
    values[0, 0, 0] = np.nan
    drawing = RegressionMap('shift').draw(values)
    low, high = np.nanpercentile(values, [1, 99])
    assert (drawing.bar.low, drawing.bar.high, drawing.bar.unit) == (pytest.approx(low), pytest.approx(high), '')
    assert drawing.image[0, 0].tolist() == [0, 0, 0]
    assert drawing.image[0, 1].tolist() == [68, 1, 84] and drawing.image[-1, -1].tolist() == [253, 231, 36]  # viridis


def test_draw_uses_the_vector_length_of_several_channels():
    values = np.float32([[[3, 0, NAN]], [[4, 1, 0]]])
    bar = RegressionMap('offsets', channels=2).draw(values).bar
    assert (bar.low, bar.high) == (pytest.approx(1.04), pytest.approx(4.96))


def test_the_scale_of_a_video_only_widens():
    task = RegressionMap('shift')
    first = task.draw(np.float32([[[0, 10]]]))
    second = task.draw_after(np.float32([[[4, 30]]]), first)
    third = task.draw_after(np.float32([[[4, 5]]]), second)
    assert (third.bar.low, third.bar.high) == (first.bar.low, second.bar.high)
    assert second.bar.high == pytest.approx(30, rel=0.02)


def test_the_encoding_is_described_in_words():
    assert RegressionMap('a', scale=0.5, void_value=9).describe_encoding(np.dtype(np.uint8)) == '0.5 per unit, 9 void'
    assert DepthMap('a', scale=0.001).describe_encoding(np.dtype(np.uint16)) == '0.001 m per unit'


@pytest.mark.parametrize(
    'setting',
    [
        dict(channels=0),
        dict(channels=1.0),
        dict(channels=True),
        dict(mean=NAN),
        dict(scale=0),
        dict(scale=-1),
        dict(void_value=NAN),
        dict(void_value='0'),
    ],
)
def test_invalid_settings_are_refused_when_the_task_is_built(setting):
    with pytest.raises(ConfigError, match=f'{next(iter(setting))} of task "a" is '):
        RegressionMap('a', **setting)
