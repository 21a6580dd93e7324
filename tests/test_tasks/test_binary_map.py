import numpy as np
import pytest
import torch
from PIL import Image

from mtcp_mm.evaluation import MaxF
from mtcp_mm.tasks import BinaryMap, DataError, build_tasks

EDGE = dict(type='BinaryMap', name='edge', field='edge_map', metrics=[dict(type='BoundaryF', tolerance=0.011)])


@pytest.mark.parametrize(
    ('values', 'expected'),
    [
        (np.array([[0, 1, 1]], np.uint8), [[0, 1, 1]]),
        (np.array([[0, 255, 0]], np.uint8), [[0, 1, 0]]),
        (np.array([[0, 127, 128]], np.uint8), [[0, 0, 1]]),  # graded: more than half of 255
        (np.array([[0, 1, 200]], np.uint16), [[0, 0, 1]]),
        (np.array([[False, True]]), [[0, 1]]),
        (np.array([[0, 0.5, 0.51, 1, np.nan]], np.float16), [[0, 0, 1, 1, 255]]),
        (np.full((1, 2), np.nan), [[255, 255]]),
        (np.zeros((1, 2), np.int64), [[0, 0]]),
    ],
)
def test_the_forms_in_which_masks_come(tmp_path, values, expected):
    np.save(tmp_path / 'a.npy', values)
    target = BinaryMap('saliency').load(tmp_path / 'a.npy')
    assert target.dtype == np.uint8 and target.tolist() == expected


def test_one_bit_pictures(tmp_path):
    Image.fromarray(np.array([[0, 255]], np.uint8)).convert('1').save(tmp_path / 'a.png')
    assert BinaryMap('saliency').load(tmp_path / 'a.png').tolist() == [[0, 1]]


def test_void_has_a_value_of_its_own_where_the_task_says_so():
    values = np.array([[0, 1, 255]], np.uint8)
    assert BinaryMap('saliency', void_value=255).decode(values, 'a.png').tolist() == [[0, 1, 255]]
    assert BinaryMap('saliency').decode(values, 'a.png').tolist() == [[0, 0, 1]]
    assert BinaryMap('saliency', void_value=-1).decode(np.array([[-1.0, 1]]), 'a.npy').tolist() == [[255, 1]]


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
def test_a_map_that_cannot_be_is_refused_by_its_file_name(tmp_path, values, reason):
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
    raw = torch.tensor([1.0, 3.0, 1e-30]).log().view(1, 1, 3)
    torch.testing.assert_close(BinaryMap('saliency').activate(raw), torch.tensor([[[0.5, 0.75, 0.0]]]))


def test_constant_is_the_share_of_positive_pixels():
    task = BinaryMap('saliency')
    target = torch.tensor([[[255.0, 1, 0], [0, 0, 255]]])
    assert task.statistics(target).tolist() == [4, 1]
    assert task.constant(task.statistics(target)).tolist() == [0.25]
    assert task.constant(task.statistics(torch.full((1, 1, 1), 255.0))).tolist() == [0]


@pytest.mark.parametrize('written', [MaxF, 'mmseg.MaxF', 'mtcp_mm.evaluation.MaxF'])
def test_a_metric_is_known_however_its_type_is_written(written):
    assert BinaryMap('saliency', metrics=[dict(type=written)]).headline == 'maxF'


def test_the_headline_is_that_of_the_first_metric_unless_named():
    tasks = build_tasks([dict(type='BinaryMap', name='saliency'), EDGE])
    assert [task.headline for task in tasks.values()] == ['maxF', 'odsF']

    class Own(MaxF):
        pass

    own = dict(metrics=[dict(type=Own)])
    assert BinaryMap('mask', headline='own', **own).headline == 'own'
    with pytest.raises(ValueError, match='task "mask": of metric Own no headline'):
        BinaryMap('mask', **own)


def test_draw_is_brighter_the_likelier_and_void_is_black():
    drawing = BinaryMap('saliency').draw(np.array([[[0, 0.4, 1, 255, np.nan]]], np.float32))
    brightness = drawing.image[0].sum(-1).tolist()
    assert 0 < brightness[0] < brightness[1] < brightness[2]
    assert brightness[3:] == [0, 0]
    assert (drawing.bar.low, drawing.bar.high) == (0, 1) and drawing.image.dtype == np.uint8
