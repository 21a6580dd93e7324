import numpy as np

from mtcp_mm.visualization.blocks import blank, column, margin, pad, row

RED = np.full((2, 3, 3), (255, 0, 0), np.uint8)
BLUE = np.full((4, 1, 3), (0, 0, 255), np.uint8)


def reds_and_blues(page):
    """Shows a page as text: R, B, and a dot for white."""
    names = {(255, 0, 0): 'R', (0, 0, 255): 'B', (255, 255, 255): '.'}
    return [''.join(names[tuple(pixel)] for pixel in line.tolist()) for line in page]


def test_columns_and_rows_are_aligned_with_their_first_block():
    assert reds_and_blues(column([RED, BLUE], gap=1)) == ['RRR', 'RRR', '...', 'B..', 'B..', 'B..', 'B..']
    assert reds_and_blues(row([RED, BLUE], gap=2)) == ['RRR..B', 'RRR..B', '.....B', '.....B']
    assert np.array_equal(column([RED], gap=5), RED)


def test_padding_is_white_and_never_cuts():
    assert reds_and_blues(pad(RED, 4, 5, centre=True)) == ['.....', '.RRR.', '.RRR.', '.....']
    assert reds_and_blues(pad(RED, 1, 4)) == ['RRR.', 'RRR.']
    assert reds_and_blues(margin(BLUE, 1)) == ['...', *['.B.'] * 4, '...']
    assert blank(2, 1).tolist() == [[[255] * 3]] * 2
