import numpy as np
import pytest
from matplotlib import colormaps

from mtcp_mm.tasks import ColorBar
from mtcp_mm.visualization.keys import draw_bar, draw_legend, legend_rows

ENTRIES = [(f'class {i}', (10 * i, 0, 200)) for i in range(1, 13)]


def shown(legend):
    return [entry for entry in ENTRIES if (legend == np.array(entry[1])).all(-1).any()]


def test_legend_shows_all_or_counts_the_rest():
    rows = legend_rows(ENTRIES, 320, 13)
    assert 1 < rows < 12
    assert shown(draw_legend(ENTRIES, 320, rows, 13)) == ENTRIES
    cut = draw_legend(ENTRIES, 320, rows - 1, 13)
    assert cut.shape[0] < draw_legend(ENTRIES, 320, rows, 13).shape[0]
    assert shown(cut) == ENTRIES[: len(shown(cut))]  # the first, which are the commonest
    assert 0 < len(shown(cut)) < len(ENTRIES)


@pytest.mark.parametrize('label', ['x' * 300, 'Küche', ''])
def test_labels_never_widen_a_legend(label):
    assert draw_legend([(label, (1, 2, 3))], 320, 5, 13).shape[1] == 320


def test_bar_runs_from_low_to_high():
    bar = draw_bar(ColorBar('turbo', 0.5, 4.5, 'm'), 320, 13)
    assert bar.shape[1] == 320
    ramp = bar[0].astype(int)
    wanted = (np.array([colormaps['turbo'](x)[:3] for x in (0.0, 0.5, 1.0)]) * 255).round()
    assert np.abs(ramp[[0, 160, -1]] - wanted).max() <= 2


def test_bar_of_a_tiny_range():
    assert draw_bar(ColorBar('turbo', 0.0, 0.001, 'm'), 320, 13).shape[1] == 320
