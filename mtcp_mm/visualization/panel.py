"""The panel: an image and the drawn maps of its tasks in one image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mtcp_mm.tasks import Drawing

from .blocks import blank, column, margin, pad, resize, row, text_width, write
from .keys import draw_bar, draw_entry, draw_legend, legend_rows

SMALLEST, LARGEST = 320, 640
FOOTER_ROWS = 5


@dataclass(frozen=True)
class Tile:
    """One image of a panel.

    Args:
        title: What stands above it.
        image: RGB image (H, W, 3), uint8.
        void: Share of its pixels that are void, drawn black; None for an image.
    """

    title: str
    image: np.ndarray
    void: float | None = None


@dataclass(frozen=True)
class Layout:
    """Sizes in pixels that all tiles of a panel share."""

    height: int
    width: int

    @classmethod
    def of(cls, height: int, width: int) -> 'Layout':
        """Chooses the tile's size for an image: small ones are enlarged by a whole factor, large ones shrunk."""
        longest = max(height, width)
        scale = LARGEST / longest if longest > LARGEST else min(-(-SMALLEST // width), LARGEST // longest)
        return cls(max(1, round(height * scale)), max(1, round(width * scale)))

    @property
    def cell(self) -> int:
        """Width of a column, which leaves room for its title and key."""
        return max(self.width, SMALLEST)

    @property
    def font(self) -> int:
        """Size of the writing."""
        return 13 + (self.cell - SMALLEST) // 60


def draw_tile(tile: Tile, layout: Layout) -> np.ndarray:
    """Draws a title, the share of void at its right where there is any, and the image."""
    size, head = layout.font, []
    if tile.void:
        label = 'void <1%' if tile.void < 0.005 else f'void {tile.void:.0%}'
        head = [draw_entry((label, (0, 0, 0)), size, size + size // 2 + text_width(label, size))]
    room = layout.cell - sum(block.shape[1] for block in head)
    picture = resize(tile.image, layout.height, layout.width, mix=tile.void is None)
    picture = pad(picture, layout.height, layout.cell, centre=True)
    return column([row([write(tile.title, size, room, bold=True), *head]), picture], size // 4)


def draw_key(drawing: Drawing, layout: Layout, rows: int) -> np.ndarray:
    """Draws the legend or colour bar of a column; a blank line where it has neither."""
    if drawing.bar:
        return draw_bar(drawing.bar, layout.cell, layout.font)
    if drawing.entries:
        return draw_legend(drawing.entries, layout.cell, rows, layout.font)
    return blank(1, layout.cell)


def draw_free_cell(drawings: Mapping[str, Drawing], layout: Layout) -> np.ndarray:
    """Draws the long legends below the image, each under its task's name, sharing the height of a tile."""
    if not drawings:
        return blank(1, layout.cell)
    gap = layout.font // 4
    line = len(write('', layout.font, 1)) + gap
    rows = max(1, layout.height // len(drawings) // line - 1)
    parts = [
        column([write(name, layout.font, layout.cell, bold=True), draw_key(drawing, layout, rows)], gap)
        for name, drawing in drawings.items()
    ]
    return column(parts, 2 * gap)


def full_key_height(height: int, width: int) -> int:
    """Returns the most that a key takes below the tiles of an image of this size."""
    size = Layout.of(height, width).font
    return FOOTER_ROWS * (len(write('', size, 1)) + size // 4)


def draw_panel(
    image: Tile, rows: Sequence[Sequence[Tile]], drawings: Mapping[str, Drawing], key_height: int = 0
) -> np.ndarray:
    """Draws the panel of an image.

    Each row has a tile for each task, and each task's colour bar or short legend stands below its column. With two
    rows the long legends fill the free cell below the image.

    Args:
        image: The image, first in the first row.
        rows: One or two rows of tiles.
        drawings: By task name, what the key of each column says.
        key_height: Least height of the row of keys in pixels.

    Returns:
        RGB image (H, W, 3), uint8.
    """
    layout = Layout.of(*image.image.shape[:2])
    gap = layout.font
    moved = {}
    if len(rows) > 1:
        moved = {name: d for name, d in drawings.items() if legend_rows(d.entries, layout.cell, layout.font) > 1}
    lead = [draw_tile(image, layout), draw_free_cell(moved, layout)][: len(rows)]
    body = [
        row([first, *(draw_tile(tile, layout) for tile in tiles)], gap) for first, tiles in zip(lead, rows, strict=True)
    ]
    nothing = blank(1, layout.cell)
    keys = [nothing if name in moved else draw_key(d, layout, FOOTER_ROWS) for name, d in drawings.items()]
    footer = row([nothing, *keys], gap)
    return margin(column([*body, pad(footer, key_height, 0)], gap), gap)
