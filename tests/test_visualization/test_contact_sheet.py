import numpy as np
import pytest

from mtcp_mm.tasks import build_tasks
from mtcp_mm.visualization import SheetPart, SheetRow, draw_contact_sheet

TASKS = build_tasks(
    [
        dict(type='ClassMap', name='rooms', classes=('wall', 'floor', 'lamp')),
        dict(type='DepthMap', name='distance'),
    ]
)
COLOR = (90, 120, 30)


def make_row(depth=1.0, label=0, size=(30, 40), **kwargs):
    maps = {'rooms': np.full(size, label, np.int16), 'distance': np.full(size, depth, np.float32)}
    return SheetRow('a', np.full((*size, 3), COLOR, np.uint8), kwargs.get('maps', maps), kwargs.get('notes', {}))


def sheet(*rows):
    return draw_contact_sheet([SheetPart('train', TASKS, rows)])


def pixels(drawn, color):
    return int((drawn == np.array(color, np.uint8)).all(-1).sum())


def test_each_sample_has_a_row_in_the_colors_of_its_classes():
    drawn = sheet(make_row(label=0), make_row(label=1))
    tile = 240 * 320  # enlarged eight times
    assert drawn.dtype == np.uint8 and pixels(drawn, COLOR) == 2 * tile
    for color in TASKS['rooms'].palette[:2]:
        assert tile < pixels(drawn, color) < tile + 400  # and a swatch
    assert pixels(drawn, TASKS['rooms'].palette[2]) == 0


def test_rows_share_a_scale():
    near, far = TASKS['distance'].draw(np.array([[[1.0, 3.0]]], np.float32)).image[0]
    drawn = sheet(make_row(1.0), make_row(3.0))
    assert pixels(drawn, near) >= 240 * 320 and pixels(drawn, far) >= 240 * 320


def test_void_is_black_and_padding_is_not_counted():
    tall, wide = make_row(size=(40, 20)), make_row(size=(10, 40))
    wide.maps['rooms'][:, :10] = 255
    drawn = sheet(tall, wide)
    assert pixels(drawn, COLOR) == 320 * 160 + 80 * 320
    quarter = 80 * 320 // 4
    assert quarter < pixels(drawn, (0, 0, 0)) < quarter + 400  # and a swatch; the tall map's margin is not drawn


def test_a_missing_map_gets_a_note():
    lacking = make_row(maps={}, notes={'rooms': 'broken'})
    assert sheet(make_row(), lacking).shape[1] == sheet(make_row(), make_row()).shape[1]
    unlike = sheet(make_row(), make_row(maps={}))
    assert unlike.shape == sheet(make_row(), lacking).shape
    assert not np.array_equal(unlike, sheet(make_row(), lacking))
    assert pixels(unlike, (235, 235, 235)) > 2 * 200 * 320
    assert sheet(lacking).size  # a column without any map


@pytest.mark.parametrize('size', [(1, 1), (3, 900), (700, 5), (375, 500)])
def test_any_size(size):
    drawn = sheet(make_row(size=size))
    scale = min(320 / max(size), 320 // max(size) or 1)
    assert pixels(drawn, COLOR) == max(1, round(size[0] * scale)) * max(1, round(size[1] * scale))


def test_parts_stand_one_below_the_other():
    part = SheetPart('train', TASKS, [make_row()])
    one, two = draw_contact_sheet([part]), draw_contact_sheet([part, part])
    assert two.shape[1] == one.shape[1] and pixels(two, COLOR) == 2 * pixels(one, COLOR)
