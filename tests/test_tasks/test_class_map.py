import numpy as np
import pytest
import torch
from PIL import Image

from mtcp_mm.tasks import CLASS_SETS, ClassMap, DataError
from mtcp_mm.utils import ConfigError


def save_png(path, values, **kwargs):
    Image.fromarray(np.asarray(values, np.uint8), **kwargs).save(path)
    return path


def test_nyud_file_values_become_classes_and_zero_becomes_void(tmp_path):
    task = ClassMap('semseg', classes='nyud40', label_offset=1)
    path = save_png(tmp_path / 'a.png', [[0, 1, 2], [40, 0, 39]])
    np.testing.assert_array_equal(task.load(path), [[255, 0, 1], [39, 255, 38]])
    assert task.channels == 40 and task.classes == CLASS_SETS['nyud40']


def test_without_an_offset_zero_is_a_class_and_255_is_void(tmp_path):
    task = ClassMap('parts', classes=['background', 'head'])
    path = save_png(tmp_path / 'a.png', [[0, 1, 255]])
    np.testing.assert_array_equal(task.load(path), [[0, 1, 255]])


def test_palette_images_are_read_by_index(tmp_path):
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8), mode='P')
    image.putpalette([200, 0, 0, 0, 200, 0, 0, 0, 200])
    image.save(tmp_path / 'a.png')
    np.testing.assert_array_equal(ClassMap('parts', classes=[*'abc']).load(tmp_path / 'a.png'), [[0, 1, 2]])


@pytest.mark.parametrize(
    ('values', 'reason'),
    [
        (np.array([[3]], np.uint8), 'has 3 classes'),
        (np.array([[1.0]]), 'float64'),
        (np.zeros((2, 2, 3), np.uint8), r'\(2, 2, 3\)'),
        (np.zeros((0, 2), np.uint8), r'\(0, 2\)'),
    ],
)
def test_an_invalid_map_is_an_error_that_names_the_file(tmp_path, values, reason):
    np.save(tmp_path / 'bad.npy', values)
    with pytest.raises(DataError, match=rf'bad\.npy.*{reason}'):
        ClassMap('parts', classes=[*'abc']).load(tmp_path / 'bad.npy')


def test_to_tensor_is_int64_with_one_channel():
    tensor = ClassMap('parts', classes=[*'abc']).to_tensor(np.array([[0, 255]], np.int16))
    assert tensor.dtype == torch.int64 and tensor.tolist() == [[[0, 255]]]


def test_activate_returns_the_most_likely_class():
    logits = torch.tensor([[[0.1, 3.0]], [[0.2, -1.0]], [[-5.0, 2.9]]])
    assert ClassMap('parts', classes=[*'abc']).activate(logits).tolist() == [[[1, 0]]]


def test_zoom_does_not_change_classes():
    target = np.array([[0, 255]], np.int16)
    np.testing.assert_array_equal(ClassMap('parts', classes=[*'abc']).zoom(target, 1.5), target)


@pytest.mark.parametrize(
    ('labels', 'share'), [([0, 2, 2, 255], 2 / 3), ([1, 1, 255], 1), ([255, 255], 1), ([0, 1, 2, 0], 1 / 2)]
)
def test_largest_share_is_that_of_the_most_frequent_class_among_valid_pixels(labels, share):
    target = np.array([labels], np.int16)
    assert ClassMap('parts', classes=[*'abc']).largest_share(target) == pytest.approx(share)


def test_the_baseline_is_the_most_frequent_valid_class():
    task = ClassMap('parts', classes=[*'abc'])
    target = torch.tensor([[[255, 255, 255, 2], [0, 2, 1, 255]]])
    assert task.baseline_statistics(target).tolist() == [1, 1, 2]
    assert task.baseline_prediction(task.baseline_statistics(target)).tolist() == [2]


def test_draw_colours_classes_and_lists_the_most_frequent_first():
    task = ClassMap('parts', classes=['a', 'b', 'c'], palette=[[10, 0, 0], [0, 20, 0], [0, 0, 30]])
    drawing = task.draw(np.array([[[2, 2, 0, 255]]]))
    assert drawing.image.tolist() == [[[0, 0, 30], [0, 0, 30], [10, 0, 0], [0, 0, 0]]]
    assert drawing.entries == (('c', (0, 0, 30)), ('a', (10, 0, 0)))
    assert drawing.image.dtype == np.uint8 and drawing.bar is None


@pytest.mark.parametrize('classes', ['nyud40', [f'{i}' for i in range(40)]])
def test_default_colours_are_distinct_and_never_the_black_of_void(classes):
    palette = ClassMap('semseg', classes=classes).palette
    assert len({tuple(color) for color in palette.tolist()} | {(0, 0, 0)}) == 41


def test_load_refuses_values_that_would_wrap(tmp_path):
    path = tmp_path / 'wide.npy'
    np.save(path, np.array([[1, 65537], [-65535, 2]], np.int32))
    with pytest.raises(DataError, match='wide.npy'):
        ClassMap('semseg', classes='nyud40', label_offset=1).load(path)


def test_an_unknown_class_set_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match='nyud40'):
        ClassMap('semseg', classes='nyu')


@pytest.mark.parametrize(
    ('classes', 'reason'),
    [
        (['crack'], r"task \"m\" has 1 class, \['crack'\].*\['background', 'crack'\].*BinaryMap"),
        ([], 'task "m" has 0 class'),
        ([f'{i}' for i in range(256)], '256 classes, and a class map at most 255'),
        (['a', 'b', 'a'], 'more than one class "a"'),
        (['a', ' '], "a class named ' '"),
        (['a', 1], 'a class named 1'),
        ({'a', 'b'}, 'a list of names is expected'),
        (2, 'a list of names is expected'),
    ],
)
@pytest.mark.parametrize('label_offset', [0, 1])
def test_invalid_classes_are_refused_when_the_task_is_built(classes, reason, label_offset):
    with pytest.raises(ConfigError, match=reason):
        ClassMap('m', classes, label_offset=label_offset)


@pytest.mark.parametrize(
    ('offset', 'reason'),
    [
        (-1, 'label_offset of task "m" is -1'),
        (1.0, 'label_offset of task "m" is 1.0'),
        (True, 'label_offset of task "m" is True'),
        (
            253,
            'task "m" has 3 classes and label_offset 253, so it needs file values 253 to 255, '
            'but 255 is void; at most 254 ',
        ),
        (255, 'file values 255 to 257'),
    ],
)
def test_an_invalid_offset_is_refused(offset, reason):
    with pytest.raises(ConfigError, match=reason):
        ClassMap('m', [*'abc'], label_offset=offset)


@pytest.mark.parametrize(('count', 'offset'), [(255, 0), (254, 1), (3, 252), (3, 256)])
def test_the_maximum_number_of_classes_is_accepted(count, offset):
    task = ClassMap('m', [f'{i}' for i in range(count)], label_offset=offset)
    values = np.array([[offset, offset + count - 1, 255]], np.uint16)
    assert task.decode(values, 'a.png').tolist() == [[0, count - 1, 255]]


@pytest.mark.parametrize(
    ('palette', 'reason'),
    [
        ([[0, 0, 0], [255, 0, 0]], '2 colours in palette and 3 classes'),
        ([[0, 0, 0]] * 4, '4 colours in palette and 3 classes'),
        ([0, 128, 255], 'palette of task "m" is'),
        ([[0, 0, 0], [1, 1, 1], [0, 256, 0]], 'from 0 to 256'),
        ([[0, 0, 0], [1, 1, 1], [0, -1, 0]], 'from -1 to 1'),
        ([[0, 0, 0], [1, 1, 1], [0, 0.5, 0]], 'palette of task "m" is'),
        ([[0, 0, 0], [1, 1, 1], [0, 0]], 'palette of task "m" is'),
        ([[0, 0]] * 3, 'palette of task "m" is'),
        ('red', 'palette of task "m" is'),
        ([], 'palette of task "m" is'),
    ],
)
def test_an_invalid_palette_is_refused_when_the_task_is_built(palette, reason):
    with pytest.raises(ConfigError, match=reason):
        ClassMap('m', [*'abc'], palette=palette)


@pytest.mark.parametrize(
    ('weights', 'reason'),
    [
        ([1.0, 2.0], 'has 2 values where there are 3 classes'),
        ([1.0, 2.0, 3.0, 4.0], 'has 4 values where there are 3 classes'),
        ([1.0, -1.0, 0.0], 'of class 1, is -1.0'),
        ([1.0, float('nan'), 0.0], 'of class 1, is nan'),
        ([0, 0, 0], 'is zero for all classes'),
        (2.0, 'a list with a number for each class is expected'),
    ],
)
def test_invalid_class_weights_are_refused_when_the_task_is_built(weights, reason):
    with pytest.raises(ConfigError, match=f'class_weight of the loss of task "m".*{reason}'):
        ClassMap('m', [*'abc'], loss=dict(type='PixelCrossEntropyLoss', class_weight=weights))


def test_255_is_void_in_the_file_but_not_after_the_offset():
    task = ClassMap('m', [*'abc'], label_offset=1)
    assert task.decode(np.array([[0, 1, 3, 255]], np.uint16), '').tolist() == [[255, 0, 2, 255]]
    with pytest.raises(DataError, match='values from 256 to 256'):
        task.decode(np.array([[256, 255]], np.uint16), '')
