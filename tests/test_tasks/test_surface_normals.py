import numpy as np
import pytest
import torch
from PIL import Image

from mtcp_mm.tasks import DataError, SurfaceNormals
from mtcp_mm.utils import ConfigError

TASK = SurfaceNormals('normals')


def test_float_files_are_scaled_to_unit_length_and_zero_is_void(tmp_path):
    np.save(tmp_path / 'a.npy', np.array([[[0, 0, 1], [3, 0, 4], [0, 0, 0]]], np.float32))
    normals = TASK.load(tmp_path / 'a.npy')
    assert normals.dtype == np.float32
    np.testing.assert_allclose(normals, [[[0, 0, 1], [0.6, 0, 0.8], [0, 0, 0]]], atol=1e-7)


def test_8_bit_files_are_decoded_and_their_zero_is_void(tmp_path):
    values = np.array([[[255, 128, 127], [127, 127, 127], [128, 128, 128], [0, 128, 255]]], np.uint8)
    Image.fromarray(values).save(tmp_path / 'a.png')
    normals = TASK.load(tmp_path / 'a.png')
    expected = values / 127.5 - 1
    expected /= np.linalg.norm(expected, axis=-1, keepdims=True)
    expected[0, 1:3] = 0
    np.testing.assert_allclose(normals, expected, atol=1e-6)
    assert TASK.valid(TASK.to_tensor(normals)).tolist() == [[[True, False, False, True]]]


@pytest.mark.parametrize('values', [np.ones((2, 2)), np.ones((2, 2, 4)), np.ones((2, 2, 3), np.int32)])
def test_an_invalid_map_is_an_error_that_names_the_file(tmp_path, values):
    np.save(tmp_path / 'bad.npy', values)
    with pytest.raises(DataError, match=r'bad\.npy'):
        TASK.load(tmp_path / 'bad.npy')


def test_flip_mirrors_and_negates_x():
    target = np.array([[[0.6, 0, 0.8], [0, 0, 0], [0, 1, 0]]], np.float32)
    np.testing.assert_allclose(TASK.flip(target), [[[0, 1, 0], [0, 0, 0], [-0.6, 0, 0.8]]], atol=1e-7)


@pytest.mark.parametrize(('y_up', 'up'), [(True, [0, 1, 0]), (False, [0, -1, 0])])
def test_rotation_by_90_degrees_turns_right_to_up_and_up_to_left(y_up, up):
    task = SurfaceNormals('normals', y_up=y_up)
    target = np.array([[[1, 0, 0], up, [0, 0, 1], [0, 0, 0]]], np.float32)
    turned = task.rotate(target, 90)
    assert turned.dtype == np.float32
    np.testing.assert_allclose(turned, [[up, [-1, 0, 0], [0, 0, 1], [0, 0, 0]]], atol=1e-7)
    np.testing.assert_array_equal(task.rotate(target, 0), target)


def test_activate_gives_unit_vectors_in_the_same_direction():
    torch.manual_seed(0)
    logits = 5 * torch.randn(3, 4, 5)
    prediction = TASK.activate(logits)
    torch.testing.assert_close(prediction.norm(dim=0), torch.ones(4, 5))
    torch.testing.assert_close(prediction * logits.norm(dim=0), logits)


def test_zoom_does_not_change_directions():
    target = np.array([[[0.6, 0, 0.8]]], np.float32)
    np.testing.assert_array_equal(TASK.zoom(target, 1.5), target)


def test_the_baseline_is_the_direction_of_the_mean():
    target = TASK.to_tensor(np.array([[[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 0]]], np.float32))
    baseline = TASK.baseline_prediction(TASK.baseline_statistics(target))
    np.testing.assert_allclose(baseline, np.array([1, 2, 0]) / np.sqrt(5), rtol=1e-6)


def test_draw_maps_minus_one_to_one_onto_colours():
    values = TASK.to_tensor(np.array([[[1, 0, -1], [0, 0, 0]]], np.float32)).numpy()
    assert TASK.draw(values).image.tolist() == [[[255, 127, 0], [0, 0, 0]]]


def test_the_legend_has_both_directions_of_each_axis():
    entries = dict(TASK.draw(np.zeros((3, 1, 1), np.float32)).entries)
    assert list(entries) == ['+x', '−x', '+y', '−y', '+z', '−z']
    assert entries['+x'] == (255, 127, 127) and entries['−y'] == (127, 0, 127) and entries['+z'] == (127, 127, 255)


def test_a_vector_with_a_non_finite_component_is_void(tmp_path):
    path = tmp_path / 'n.npy'
    np.save(path, np.array([[[np.nan, 0.5, 0.5], [np.inf, 0, 0], [0, 0, 2]]], np.float32))
    np.testing.assert_array_equal(SurfaceNormals('normals').load(path), [[[0, 0, 0], [0, 0, 0], [0, 0, 1]]])


def test_short_vectors_are_void_in_8_bits_and_directions_in_floats(tmp_path):
    short = np.array([[[0, 0, 0.05]]], np.float32)
    np.save(tmp_path / 'n.npy', short)
    np.testing.assert_allclose(SurfaceNormals('normals').load(tmp_path / 'n.npy'), [[[0, 0, 1]]])
    Image.fromarray(np.round((short + 1) * 127.5).astype(np.uint8)).save(tmp_path / 'n.png')
    np.testing.assert_array_equal(SurfaceNormals('normals').load(tmp_path / 'n.png'), [[[0, 0, 0]]])


def test_black_and_white_are_no_directions():
    values = np.array([[[0, 0, 0], [255, 255, 255], [1, 0, 1], [0, 128, 255]]], np.uint8)
    normals = TASK.decode(values, 'n.png')
    assert TASK.valid(TASK.to_tensor(normals)).tolist() == [[[False, False, False, True]]]


@pytest.fixture
def directions():
    vectors = np.random.default_rng(0).normal(size=(8, 9, 3)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@pytest.mark.parametrize('full', [1, 255])
@pytest.mark.parametrize('void', [0, 0.5])
def test_floats_that_hold_colours_are_refused(directions, full, void):
    colors = (directions + 1) / 2 * full
    colors[:2] = void * full
    with pytest.raises(DataError, match=rf'n\.npy: .*n = 2 v / {full} - 1'):
        TASK.decode(colors, 'n.npy')


@pytest.mark.parametrize('full', [1, 255, 65535])
@pytest.mark.parametrize('void', [0, 1, 127 / 255])
@pytest.mark.parametrize('share', [0.6, 0.95])
def test_colours_are_detected_however_many_pixels_are_void(directions, full, void, share):
    colors = ((directions + 1) / 2 * full).reshape(-1, 3)
    colors[: int(share * len(colors))] = void * full
    with pytest.raises(DataError, match=rf'n = 2 v / {full} - 1'):
        TASK.decode(colors.reshape(directions.shape), 'n.npy')


@pytest.mark.parametrize('share', [0, 0.6, 0.95, 1])
def test_directions_in_one_octant_are_accepted_beside_void(directions, share):
    octant = abs(directions).reshape(-1, 3)
    octant[: int(share * len(octant))] = 0
    octant = octant.reshape(directions.shape)
    np.testing.assert_allclose(TASK.decode(octant, 'n.npy'), octant, atol=1e-6)


def test_directions_in_one_octant_are_accepted(directions):
    octant = abs(directions)
    for length in (1, 0.3, 200):
        np.testing.assert_allclose(TASK.decode(octant * np.float32(length), 'n.npy'), octant, atol=1e-6)


def test_y_up_must_be_a_bool():
    with pytest.raises(ConfigError, match='y_up of task "normals" is \'no\''):
        SurfaceNormals('normals', y_up='no')
