from itertools import combinations
from threading import Thread

import numpy as np
import pytest
from matplotlib import colormaps

from mtcp_mm.tasks import ColorBar
from mtcp_mm.visualization.writing import draw_bar, draw_legend, draw_text, legend_rows, line_height, text_width

pytestmark = pytest.mark.filterwarnings('ignore:no installed font')

ENTRIES = tuple((f'class {i}', (10 * i, 0, 200)) for i in range(1, 13))
TEXTS = (
    *('客厅', '厨房', 'TV 电视', '거실', '부엌', 'テレビ', 'रसोई', 'غرفة', 'مطبخ', '😀', '🛋'),
    *('küche', 'kuche', 'a\nb', 'a b'),
)


def shown(legend):
    return tuple(entry for entry in ENTRIES if (legend == np.array(entry[1])).all(-1).any())


def test_texts_that_differ_look_different():
    for one, other in combinations([*TEXTS, *(f'{text} 1' for text in TEXTS)], 2):
        assert not np.array_equal(draw_text(one, 14, 200), draw_text(other, 14, 200)), (one, other)


@pytest.mark.parametrize('text', [*TEXTS, '', 'depth', '$x$ costs $5', 'Ågjpqy'])
@pytest.mark.parametrize('size', [13, 20])
def test_a_line_has_its_height_and_width_whatever_is_written(text, size):
    width = text_width(text, size)
    whole = draw_text(text, size, width + 50)
    assert whole.shape == (line_height(size), width + 50, 3)
    assert (whole[:, width + 2 :] == 255).all() and (whole[[0, -1]] == 255).all()
    assert np.array_equal(draw_text(text, size, width + 1), whole[:, : width + 1])  # nothing is cut off


def test_a_text_that_is_too_long_loses_its_end():
    assert text_width('客厅客厅客厅', 14) > 100
    short = draw_text('客厅客厅客厅', 14, 100)
    assert short.shape[1] == 100
    assert np.array_equal(short[:, :14], draw_text('客厅', 14, 100)[:, :14])


def test_legend_shows_all_or_counts_the_rest():
    rows = legend_rows(ENTRIES, 320, 13)
    assert 1 < rows < 12
    assert shown(draw_legend(ENTRIES, 320, rows, 13)) == ENTRIES
    cut = draw_legend(ENTRIES, 320, rows - 1, 13)
    assert cut.shape[0] < draw_legend(ENTRIES, 320, rows, 13).shape[0]
    assert shown(cut) == ENTRIES[: len(shown(cut))]  # the first, which are the commonest
    assert 0 < len(shown(cut)) < len(ENTRIES)


@pytest.mark.parametrize('label', ['x' * 300, 'Küche', '', '_hidden', '$x$'])
def test_labels_never_widen_a_legend(label):
    legend = draw_legend(((label, (1, 2, 3)),), 320, 5, 13)
    assert legend.shape == (line_height(13), 320, 3) and (legend == (1, 2, 3)).all(-1).any()
    assert (legend[:, -1] == 255).all()


@pytest.mark.parametrize('size', [13, 14, 18])
def test_a_tall_legend_has_a_line_for_each_entry(size):
    legend = draw_legend(ENTRIES, 90, 12, size)
    assert legend.shape == (12 * line_height(size), 90, 3) and shown(legend) == ENTRIES
    for i, (_, color) in enumerate(ENTRIES):
        line = legend[i * line_height(size) : (i + 1) * line_height(size)]
        assert (line == color).all(-1).sum() == (legend == color).all(-1).sum()


def test_bar_runs_from_low_to_high():
    bar = draw_bar(ColorBar('turbo', 0.5, 4.5, 'm'), 320, 13)
    assert bar.shape[1] == 320
    ramp = bar[0].astype(int)
    expected = (np.array([colormaps['turbo'](x)[:3] for x in (0.0, 0.5, 1.0)]) * 255).round()
    assert np.abs(ramp[[0, 160, -1]] - expected).max() <= 2


@pytest.mark.parametrize(('low', 'high'), [(0.0, 0.001), (1.0, 2.0), (0, 1e5)])
def test_the_ends_of_a_bar_are_written_within_it(low, high):
    bar = draw_bar(ColorBar('turbo', low, high, 'm'), 320, 13)
    assert bar.shape[1] == 320
    scale = bar[13 + 13 // 3 + 1 :]
    assert (scale < 128).any((0, 2)).sum() > 50  # there are labels
    assert (scale[:, [0, -1]].min(0) > 100).all() and (scale[-1] == 255).all()  # none is cut off


def test_threads_draw_what_one_alone_draws():
    drawn = {}

    def work(thread):
        drawn[thread] = [draw_legend.__wrapped__(ENTRIES[:i], 320, 5, 13) for i in range(1, 6)]

    threads = [Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for found in drawn.values():
        assert len(found) == 5
        for one, other in zip(found, drawn[0], strict=True):
            assert np.array_equal(one, other)
