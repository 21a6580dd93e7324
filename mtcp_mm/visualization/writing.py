"""Titles, legends and colour bars as blocks.

Matplotlib draws texts and legends, which are then cached. A legend takes 45 ms, as long as a whole frame may take, but
the legends of a video rarely change. Figures are made without pyplot, whose state threads would share.
"""

import math
from bisect import bisect
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from mtcp_mm.tasks import ColorBar

from .blocks import blank, column
from .fonts import font_properties, set_fonts, typeset

Color = tuple[int, int, int]
Entry = tuple[str, Color]

INK, GREY = '#1e1e1e', '#6e6e6e'
DPI = 72
"""Resolution at which a point is a pixel."""
LINE, BASELINE = 1.45, 0.4
"""Height of a line, and of the baseline above its lower edge, relative to the font size."""
CACHED_TEXTS, CACHED_KEYS = 256, 64
"""Numbers of cached blocks."""


def line_height(size: int) -> int:
    """Returns the height of a line of text, or of a legend's row, in pixels."""
    return math.ceil(LINE * size)


def make_figure(height: int, width: int) -> Figure:
    """Makes an empty figure of a size in pixels."""
    return Figure((width / DPI, height / DPI), DPI)


def draw(figure: Figure) -> np.ndarray:
    """Draws a figure as a block, which must not be changed."""
    set_fonts(figure)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    block = np.array(canvas.buffer_rgba())[..., :3]
    block.setflags(write=False)
    return block


def text_width(text: str, size: int, bold: bool = False) -> int:
    """Returns the width of a line of text in pixels."""
    text = typeset(text, bold)[0]
    if not text:
        return 0
    fonts = font_properties(text, size, bold)
    return math.ceil(RendererAgg(1, 1, DPI).get_text_width_height_descent(text, fonts, ismath=False)[0])


def shorten(text: str, size: int, width: int, bold: bool = False) -> str:
    """Cuts the end off a text that is wider than ``width`` pixels."""
    if text_width(text, size, bold) <= width:
        return text
    cuts = [f'{text[:length]}…' for length in range(len(text))]
    fitting = bisect(cuts, width, key=lambda cut: text_width(cut, size, bold))
    return cuts[fitting - 1] if fitting else ''


@lru_cache(CACHED_TEXTS)
def draw_text(text: str, size: int, width: int, bold: bool = False, color: str = INK) -> np.ndarray:
    """Draws one line as a block of ``width`` pixels; a text that is too long loses its end."""
    figure = make_figure(line_height(size), width)
    weight = 'bold' if bold else 'normal'
    figure.text(
        0, BASELINE / LINE, shorten(text, size, width, bold), color=color, size=size, weight=weight, va='baseline'
    )
    return draw(figure)


def legend_columns(entries: tuple[Entry, ...], width: int, size: int) -> int:
    """Returns how many columns of a legend fit into ``width`` pixels."""
    widest = 2.5 * size + max(text_width(label, size) for label, _ in entries)
    return int(np.clip((width + size) // widest, 1, len(entries)))


def legend_rows(entries: tuple[Entry, ...], width: int, size: int) -> int:
    """Returns how many rows a complete legend takes in ``width`` pixels."""
    return -(-len(entries) // legend_columns(entries, width, size)) if entries else 0


@lru_cache(CACHED_KEYS)
def draw_legend(entries: tuple[Entry, ...], width: int, rows: int, size: int) -> np.ndarray:
    """Draws a legend in columns, read downwards, of at most ``rows`` rows.

    Args:
        entries: Label and RGB colour of each entry, the most important first. Entries that do not fit are counted
            as '+N more'.
        width: Width of the block in pixels.
        rows: Maximum number of rows.
        size: Font size in pixels.
    """
    columns = legend_columns(entries, width, size)
    room, shown = rows * columns, entries
    if len(entries) > room:
        shown = entries[: room - 1]
    handles = [
        Patch(facecolor=np.divide(color, 255), edgecolor=GREY, label=shorten(label, size, width - 2 * size))
        for label, color in shown
    ]
    if more := len(entries) - len(shown):
        handles.append(Patch(alpha=0, label=f'+{more} more'))
    height = -(-len(handles) // columns) * line_height(size)
    figure = make_figure(height + 2 * line_height(size), width)
    add_legend(figure, handles, columns, size, line_height(size) - letter_height(size))
    block = draw(figure)
    inked = np.flatnonzero((block < 255).any((1, 2)))
    return block[: max(height, inked[-1] + 1)]  # some scripts are taller


def add_legend(figure: Figure, handles: Sequence[Patch], columns: int, size: int, spacing: float) -> Legend:
    """Adds a legend to the top left of a figure, with ``spacing`` pixels between its lines."""
    return figure.legend(
        handles,
        [handle.get_label() for handle in handles],
        ncols=columns,
        loc='upper left',
        bbox_to_anchor=(0, 1 - spacing / 2 / figure.bbox.height),
        fontsize=size,
        labelcolor=INK,
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        handlelength=1,
        handleheight=0.9,
        handletextpad=0.5,
        columnspacing=1,
        labelspacing=spacing / size,
    )


@cache
def letter_height(size: int) -> float:
    """Returns the height in pixels that matplotlib gives a line of a legend whose lines touch."""
    figure = make_figure(4 * size, 4 * size)
    legend = add_legend(figure, [Patch(label='a'), Patch(label='b')], 1, size, 0)
    return legend.get_window_extent(FigureCanvasAgg(figure).get_renderer()).height / 2


@lru_cache(CACHED_KEYS)
def draw_bar(bar: ColorBar, width: int, size: int) -> np.ndarray:
    """Draws a horizontal colour bar of ``width`` pixels with ticks at round values and the unit after the last.

    It is composed of cached labels. Matplotlib's own colour bar takes 19 ms, 1.5 times as long as the rest of a frame,
    and the scale of a video may widen in every frame.
    """
    ramp = (colormaps[bar.cmap](np.linspace(0, 1, width))[None, :, :3] * 255).round().astype(np.uint8)
    scale = blank(size // 3 + line_height(size), width)
    ticks = [tick for tick in MaxNLocator(5).tick_values(bar.low, bar.high) if bar.low <= tick <= bar.high]
    for tick in ticks:
        place = round((tick - bar.low) / (bar.high - bar.low) * (width - 1))
        text = f'{tick:g} {bar.unit}' if tick == ticks[-1] else f'{tick:g}'
        label = draw_text(text, size, text_width(text, size))
        left = int(np.clip(place - label.shape[1] // 2, 0, width - label.shape[1]))
        scale[size // 3 :, left : left + label.shape[1]] = label
        scale[: size // 3, place] = np.multiply(to_rgb(GREY), 255)
    return column([ramp.repeat(size, 0), scale])
