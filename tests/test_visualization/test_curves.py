import numpy as np
import pytest
from PIL import Image

from mtcp_mm.visualization import TrainingLog, draw_curves, write_curves
from mtcp_mm.visualization.curves import select_headlines
from mtcp_mm.visualization.training_log import Curve

TIMES = [1, 2, 3]


def curve(*values):
    return Curve(TIMES[: len(values)], list(values))


def test_draws_losses_weights_and_headlines():
    train = {
        'loss': curve(2, 1, 1),
        'loss_depth': curve(0.9, 0.5, 0.4),
        'loss_normals': curve(0.09, 0.05, 0.04),
        'loss_depth_s0': curve(5, 5, 5),
        'lps/weight_depth': curve(1, 1.2, 0.8),
        'lps/weight_normals': curve(1, 0.8, 1.2),
        'lr': curve(1, 1, 1),
    }
    val = {
        'depth/abs_rel': curve(1, 1, 1),
        'depth/rmse': curve(0.9, 0.7, 0.8),
        'normals/mErr': curve(40, np.nan, 30),
        'other/first': curve(1, 2, 3),
        'other/second': curve(1, 2, 3),
    }
    figure = draw_curves(TrainingLog('epoch', train, val))
    losses, weights, depth, normals, other = figure.axes
    assert [line.get_label() for line in losses.lines] == ['depth', 'normals', 'total (minimised)']
    assert losses.lines[0].get_ydata() == pytest.approx([0.9, 0.5, 0.4])
    assert weights.lines[1].get_ydata() == pytest.approx([1, 0.8, 1.2])
    # A task keeps its colour in all parts.
    assert losses.lines[1].get_color() == weights.lines[1].get_color() == normals.lines[0].get_color()
    assert losses.lines[0].get_color() != losses.lines[1].get_color()
    assert 'best 0.7 (lower' in depth.get_title()
    assert 'best 30 (lower' in normals.get_title()
    assert other.get_title() == 'other first'


@pytest.mark.parametrize(
    ('train', 'val', 'parts'),
    [
        ({'loss_depth': curve(0.9)}, {}, 1),
        ({'decode.loss_ce': curve(0.9), 'lps/weight_decode.ce': curve(1)}, {}, 2),
        ({'lr': curve(1)}, {'depth/rmse': curve(np.nan, np.nan)}, 2),
        ({'loss_depth': curve(0, -1, np.inf)}, {'mIoU': curve(1)}, 1),
    ],
)
def test_draws_only_what_is_logged(tmp_path, train, val, parts):
    figure = draw_curves(TrainingLog('epoch', train, val))
    assert len(figure.axes) == parts
    figure.savefig(tmp_path / 'curves.png')


def test_headline_wins_wherever_it_stands():
    val = {'a/x': curve(1), 'a/mIoU': curve(2), 'a/y': curve(3)}
    assert select_headlines(val) == {'a': ('mIoU', curve(2))}


def test_the_headline_of_any_metric_is_known():
    assert select_headlines({'edge/recall': curve(1), 'edge/odsF': curve(2)}) == {'edge': ('odsF', curve(2))}


@pytest.mark.filterwarnings('ignore:no installed font')
def test_names_in_any_script_look_different(tmp_path):
    images = []
    for name in ('深\U000e0123', '深\U000e0124'):  # which no font has
        write_curves(
            TrainingLog('epoch', {f'loss_{name}': curve(2, 1)}, {f'{name}/rmse': curve(1, 2)}), tmp_path / 'a.png'
        )
        with Image.open(tmp_path / 'a.png') as image:
            images.append(np.array(image))
    assert not np.array_equal(*images)


@pytest.mark.parametrize('name', ['a.png', 'a.pdf', 'a.svg', 'a'])
def test_the_suffix_decides_the_format(tmp_path, name):
    write_curves(TrainingLog('epoch', {'loss_depth': curve(2, 1)}, {}), tmp_path / 'new' / name)
    start = (tmp_path / 'new' / name).read_bytes()[:5]
    assert start == {'a.pdf': b'%PDF-', 'a.svg': b'<?xml'}.get(name, b'\x89PNG\r')


def test_an_unknown_format(tmp_path):
    with pytest.raises(ValueError, match='xyz'):
        write_curves(TrainingLog('epoch', {'loss_depth': curve(2, 1)}, {}), tmp_path / 'a.xyz')
    assert not list(tmp_path.iterdir())
