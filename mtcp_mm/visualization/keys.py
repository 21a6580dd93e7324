"""What explains a drawn map: the legend of its colours, or its colour bar."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.ticker import MaxNLocator
from PIL import Image, ImageDraw

from mtcp_mm.tasks import ColorBar

from .blocks import GREY, blank, column, draw_text, line_height, pad, row, text_length, text_width, write

Entry = tuple[str, tuple[int, int, int]]


def draw_swatch(color: tuple[int, int, int], size: int, height: int) -> np.ndarray:
    """Draws a square of colour with a thin grey edge, centred in a line ``height`` pixels high."""
    square = np.full((size, size, 3), GREY, np.uint8)
    square[1:-1, 1:-1] = color
    return pad(square, height, size, centre=True)


def draw_entry(entry: Entry, size: int, width: int) -> np.ndarray:
    """Draws a swatch and its label as a block of ``width`` pixels."""
    gap = size // 2
    label = write(entry[0], size, width - size - gap)
    return row([draw_swatch(entry[1], size, len(label)), label], gap)


def legend_columns(entries: Sequence[Entry], width: int, size: int) -> tuple[int, int]:
    """Returns how many columns of a legend fit into ``width`` pixels, and the width of each."""
    widest = size + size // 2 + max(text_width(label, size) for label, _ in entries)
    count = int(np.clip((width + size) // (widest + size), 1, len(entries)))
    return count, min(widest, width)


def legend_rows(entries: Sequence[Entry], width: int, size: int) -> int:
    """Returns how many rows a whole legend takes in ``width`` pixels."""
    return -(-len(entries) // legend_columns(entries, width, size)[0]) if entries else 0


def draw_legend(entries: Sequence[Entry], width: int, rows: int, size: int) -> np.ndarray:
    """Draws a legend in columns, read downwards, of at most ``rows`` rows.

    Args:
        entries: Label and RGB colour of each entry, the most important first. What does not fit is counted
            as '+N more'.
        width: Width of the block in pixels.
        rows: Most rows that it may have.
        size: Font size in pixels.
    """
    count, wide = legend_columns(entries, width, size)
    rows = min(rows, legend_rows(entries, width, size))
    blocks = [draw_entry(entry, size, wide) for entry in entries]
    if len(blocks) > rows * count:
        blocks = blocks[: rows * count - 1]
        blocks.append(write(f'+{len(entries) - len(blocks)} more', size, wide, color=GREY))
    columns = [column(blocks[i : i + rows], size // 4) for i in range(0, len(blocks), rows)]
    return pad(row(columns, size), 0, width)


def draw_bar(bar: ColorBar, width: int, size: int) -> np.ndarray:
    """Draws a horizontal colour bar of ``width`` pixels with ticks at round values, the unit behind the last."""
    ramp = matplotlib.colormaps[bar.cmap](np.linspace(0, 1, width))[None, :, :3]
    ramp = np.repeat((ramp * 255).round().astype(np.uint8), size, axis=0)
    scale = Image.fromarray(blank(size // 3 + line_height(size), width))
    pen = ImageDraw.Draw(scale)
    ticks = [tick for tick in MaxNLocator(5).tick_values(bar.low, bar.high) if bar.low <= tick <= bar.high]
    for tick in ticks:
        x = round((tick - bar.low) / (bar.high - bar.low) * (width - 1))
        label = f'{tick:g} {bar.unit}' if tick == ticks[-1] else f'{tick:g}'
        half = text_width(label, size) / 2
        pen.line((x, 0, x, size // 3), fill=GREY)
        left = np.clip(x, half, width - half) - int(text_length(label, size) / 2 + 0.5)
        draw_text(scale, (left, size // 3), label, size)
    return column([ramp, np.array(scale)])
