from itertools import combinations

import numpy as np
import pytest

from mtcp_mm.visualization.blocks import draw_code, line_height, text_width, write

pytestmark = pytest.mark.filterwarnings('ignore:no installed font')

TEXTS = (
    *('客厅', '厨房', 'TV 电视', '거실', '부엌', 'テレビ', 'रसोई', 'غرفة', 'مطبخ', '😀', '🛋'),
    *('küche', 'kuche', 'a\nb', 'a b'),
)


def test_texts_that_differ_look_different():
    for one, other in combinations([*TEXTS, *(f'{text} 1' for text in TEXTS)], 2):
        assert not np.array_equal(write(one, 14, 200), write(other, 14, 200)), (one, other)


@pytest.mark.parametrize('text', [*TEXTS, '', 'depth'])
@pytest.mark.parametrize('size', [13, 20])
def test_a_line_has_its_height_and_width_whatever_is_written(text, size):
    width = text_width(text, size)
    whole = write(text, size, width + 50)
    assert whole.shape == (line_height(size), width + 50, 3)
    assert (whole[:, width + 2 :] == 255).all()
    assert np.array_equal(write(text, size, width)[:, :width], whole[:, :width])  # nothing is cut off


def test_a_text_that_is_too_long_loses_its_end():
    assert text_width('客厅客厅客厅', 14) > 50
    short = write('客厅客厅客厅', 14, 50)
    assert short.shape[1] == 50
    assert np.array_equal(short[:, :14], write('客厅', 14, 50)[:, :14])


@pytest.mark.parametrize('character', ['客', '\U0010abcd', '\n'])
def test_codes_are_framed_and_within_the_line(character):
    box = draw_code(character, 13)
    assert len(box) == line_height(13) and (box[0, 1:-1] < 255).all() and (box[-1, 1:-1] < 255).all()
    assert (box[2:-2, 3:-3] < 128).any()
