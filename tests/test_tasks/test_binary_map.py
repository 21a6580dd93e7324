import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from mtcp_mm.tasks import BinaryMap, DataError
from mtcp_mm.utils import ConfigError


@pytest.mark.parametrize(
    ('values', 'expected'),
    [
        (np.array([[0, 255, 0]], np.uint8), [[0, 1, 0]]),
        (np.array([[255, 255]], np.uint16), [[1, 1]]),
        (np.array([[False, True]]), [[0, 1]]),
        (np.array([[0, 0.5, 0.51, 1, np.nan]], np.float16), [[0, 0, 1, 1, 255]]),
        (np.full((1, 2), np.nan), [[255, 255]]),
        (np.zeros((1, 2), np.int64), [[0, 0]]),
    ],
)
def test_common_mask_encodings_are_decoded(tmp_path, values, expected):
    np.save(tmp_path / 'a.npy', values)
    target = BinaryMap('saliency').load(tmp_path / 'a.npy')
    assert target.dtype == np.uint8 and target.tolist() == expected


def test_one_bit_images_are_decoded(tmp_path):
    Image.fromarray(np.array([[0, 255]], np.uint8)).convert('1').save(tmp_path / 'a.png')
    assert BinaryMap('saliency').load(tmp_path / 'a.png').tolist() == [[0, 1]]


def test_void_value_marks_void():
    values = np.array([[0, 1, 255]], np.uint8)
    assert BinaryMap('saliency', void_value=255).decode(values, 'a.png').tolist() == [[0, 1, 255]]
    assert BinaryMap('saliency', void_value=255, yes_value=1).decode(values, 'a.png').tolist() == [[0, 1, 255]]
    assert BinaryMap('saliency', yes_value=255).decode(values, 'a.png').tolist() == [[0, 0, 1]]
    trimap = np.array([[0, 128, 255]], np.uint8)
    assert BinaryMap('saliency', void_value=128).decode(trimap, 'a.png').tolist() == [[0, 255, 1]]
    assert BinaryMap('saliency', void_value=-1).decode(np.array([[-1.0, 1]]), 'a.npy').tolist() == [[255, 1]]


@pytest.mark.parametrize(
    ('yes_value', 'values', 'expected'),
    [
        (1, [[0, 1, 1]], [[0, 1, 1]]),
        (255, [[0, 127, 128]], [[0, 0, 1]]),  # graded: more than half
        (255, [[0, 1, 1]], [[0, 0, 0]]),  # nearly black
        (20, [[0, 11, 20]], [[0, 1, 1]]),
    ],
)
@pytest.mark.parametrize('dtype', [np.uint8, np.uint16, np.int64, np.float32])
def test_yes_value_sets_the_threshold(yes_value, values, expected, dtype):
    assert BinaryMap('m', yes_value=yes_value).decode(np.array(values, dtype), 'a.png').tolist() == expected
    with pytest.raises(DataError, match=f'yes_value={yes_value} and void_value=None'):
        BinaryMap('m', yes_value=yes_value).decode(np.array([[yes_value + 1]], np.uint16), 'a.png')


@pytest.mark.parametrize(
    ('values', 'readings'),
    [
        ([[0, 1, 255]], ['yes_value=1, void_value=255 (33% yes, 33% void)', 'yes_value=255 (33% yes)']),
        ([[0, 1, 1, 0]], ['yes_value=1 (50% yes)', 'yes_value=255 (0% yes)']),
        ([[0, 90, 200, 0]], ['yes_value=255 (25% yes)']),
    ],
)
@pytest.mark.parametrize('dtype', [np.uint8, np.int64])
def test_ambiguous_integers_without_yes_value_are_refused_with_possible_encodings(values, readings, dtype):
    with pytest.raises(DataError, match=r'a\.png: .*task "edge"') as error:
        BinaryMap('edge').decode(np.array(values, dtype), 'a.png')
    assert str(error.value).endswith('; '.join(readings))


@settings(max_examples=200, deadline=None)
@given(
    files=st.lists(st.sets(st.sampled_from([0, 1, 2, 90, 128, 254, 255]), min_size=1), min_size=1, max_size=4),
    void_value=st.sampled_from([None, 255]),
    yes_value=st.sampled_from([None, 1, 255]),
)
def test_a_file_value_means_the_same_in_every_file(files, void_value, yes_value):
    assume(void_value is None or void_value != yes_value)
    task, meanings = BinaryMap('m', void_value=void_value, yes_value=yes_value), {}
    for values in files:
        values = np.array([sorted(values)], np.uint8)
        try:
            decoded = task.decode(values, 'a.png')
        except DataError:
            continue
        for value, meaning in zip(values[0].tolist(), decoded[0].tolist(), strict=True):
            assert meanings.setdefault(value, meaning) == meaning


@pytest.mark.parametrize(
    'values',
    [
        dict(yes_value=0),
        dict(yes_value=-1),
        dict(yes_value=float('nan')),
        dict(yes_value='1'),
        dict(void_value=float('nan')),
        dict(void_value=0),
        dict(void_value=1, yes_value=1),
        dict(void_value=True),
    ],
)
def test_contradicting_values_are_refused_when_the_task_is_built(values):
    with pytest.raises(ConfigError, match=f'{next(iter(values))} of task "m" is '):
        BinaryMap('m', **values)


def test_the_encoding_is_described_in_words():
    task = BinaryMap('m', void_value=255)
    assert task.describe_encoding(np.dtype(np.uint8)) == 'yes above 0.5, 255 void'
    assert BinaryMap('m').describe_encoding(np.dtype(np.uint8)) == 'yes above 127.5'


@pytest.mark.parametrize(
    ('values', 'reason'),
    [
        (np.array([[0, 256]], np.uint16), '0 to 256'),
        (np.array([[-1, 1]]), '-1 to 1'),
        (np.array([[0, 255.0]]), '255.0'),
        (np.array([[0, np.inf]]), 'inf'),
        (np.array([['a']]), '<U1'),
        (np.zeros((2, 2, 3), np.uint8), r'\(2, 2, 3\)'),
    ],
)
def test_an_invalid_map_is_an_error_that_names_the_file(tmp_path, values, reason):
    np.save(tmp_path / 'bad.npy', values)
    with pytest.raises(DataError, match=rf'bad\.npy.*{reason}'):
        BinaryMap('saliency').load(tmp_path / 'bad.npy')


def test_to_tensor_is_float_and_255_is_void():
    task = BinaryMap('saliency')
    target = task.to_tensor(np.array([[0, 1, 255]], np.uint8))
    assert target.dtype == torch.float32 and target.tolist() == [[[0, 1, 255]]]
    assert task.valid(target).tolist() == [[[True, True, False]]]
    assert not task.valid(task.to_tensor(task.empty(2, 3))).any()


def test_logits_become_probabilities():
    logits = torch.tensor([1.0, 3.0, 1e-30]).log().view(1, 1, 3)
    torch.testing.assert_close(BinaryMap('saliency').activate(logits), torch.tensor([[[0.5, 0.75, 0.0]]]))


def test_the_baseline_is_the_share_of_positive_pixels():
    task = BinaryMap('saliency')
    target = torch.tensor([[[255.0, 1, 0], [0, 0, 255]]])
    assert task.baseline_statistics(target).tolist() == [4, 1]
    assert task.baseline_prediction(task.baseline_statistics(target)).tolist() == [0.25]
    assert task.baseline_prediction(task.baseline_statistics(torch.full((1, 1, 1), 255.0))).tolist() == [0]


def test_draw_is_brighter_for_higher_probability_and_black_for_void():
    drawing = BinaryMap('saliency').draw(np.array([[[0, 0.4, 1, 255, np.nan]]], np.float32))
    brightness = drawing.image[0].sum(-1).tolist()
    assert 0 < brightness[0] < brightness[1] < brightness[2]
    assert brightness[3:] == [0, 0]
    assert (drawing.bar.low, drawing.bar.high) == (0, 1) and drawing.image.dtype == np.uint8
