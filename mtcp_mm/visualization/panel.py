"""The panel: an image and the drawn maps of its tasks in one image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mtcp_mm.tasks import Drawing, Task

from .blocks import blank, column, margin, pad, row
from .shrinking import resize_drawing, resize_image
from .writing import draw_bar, draw_legend, draw_text, legend_rows, line_height, text_width

SMALLEST, LARGEST = 320, 640
FOOTER_ROWS = 5


@dataclass(frozen=True)
class Tile:
    """One image of a panel.

    Args:
        title: Its title.
        image: RGB image (H, W, 3), uint8.
        void: Share of void pixels, drawn black; None for an image.
    """

    title: str
    image: np.ndarray
    void: float | None = None


@dataclass(frozen=True)
class Layout:
    """Sizes in pixels, the same for all tiles of a panel."""

    height: int
    width: int

    @classmethod
    def of(cls, height: int, width: int) -> 'Layout':
        """Chooses the size of tiles for an image: small ones grow by a whole factor, large ones shrink."""
        longest = max(height, width)
        scale = LARGEST / longest if longest > LARGEST else min(-(-SMALLEST // width), LARGEST // longest)
        return cls(max(1, round(height * scale)), max(1, round(width * scale)))

    @property
    def cell(self) -> int:
        """Width of a column, with room for its title and key."""
        return max(self.width, SMALLEST)

    @property
    def font(self) -> int:
        """Font size."""
        return 13 + (self.cell - SMALLEST) // 60


def shrink_to_tile(task: Task, values: np.ndarray) -> np.ndarray:
    """Shrinks a large map (H, W) or (H, W, 3) to its tile, since drawing it in full takes much memory."""
    height, width = values.shape[:2]
    if max(height, width) <= LARGEST:
        return values
    layout = Layout.of(height, width)
    return task.resize(values, layout.height, layout.width)


def draw_tile(tile: Tile, layout: Layout) -> np.ndarray:
    """Draws a title, the share of void pixels at its right if there are any, and the image."""
    size, void = layout.font, []
    if tile.void:
        label = 'void <1%' if tile.void < 0.005 else f'void {tile.void:.0%}'
        void = [draw_legend(((label, (0, 0, 0)),), text_width(label, size) + 2 * size, 1, size)]
    title = draw_text(tile.title, size, layout.cell - sum(block.shape[1] for block in void), bold=True)
    resize = resize_image if tile.void is None else resize_drawing
    image = pad(resize(tile.image, layout.height, layout.width), layout.height, layout.cell, centre=True)
    return column([row([title, *void]), image])


def draw_key(drawing: Drawing, layout: Layout, rows: int) -> np.ndarray:
    """Draws the legend or colour bar of a column; a blank line if it has neither."""
    if drawing.bar:
        return draw_bar(drawing.bar, layout.cell, layout.font)
    if drawing.entries:
        return draw_legend(drawing.entries, layout.cell, rows, layout.font)
    return blank(1, layout.cell)


def draw_free_cell(drawings: Mapping[str, Drawing], layout: Layout) -> np.ndarray:
    """Draws the long legends below the image, each under its task's name, sharing the height of a tile."""
    if not drawings:
        return blank(1, layout.cell)
    rows = max(1, layout.height // len(drawings) // line_height(layout.font) - 1)
    parts = [
        column([draw_text(name, layout.font, layout.cell, bold=True), draw_key(drawing, layout, rows)])
        for name, drawing in drawings.items()
    ]
    return column(parts)


def full_key_height(height: int, width: int) -> int:
    """Returns the maximum height of a key below the tiles of an image of this size."""
    return FOOTER_ROWS * line_height(Layout.of(height, width).font)


def draw_panel(
    image: Tile, rows: Sequence[Sequence[Tile]], drawings: Mapping[str, Drawing], key_height: int = 0
) -> np.ndarray:
    """Draws the panel of an image.

    Each row has a tile for each task, and each task's colour bar or short legend stands below its column. With two
    rows the long legends fill the free cell below the image.

    Args:
        image: The image, first in the first row.
        rows: One or two rows of tiles.
        drawings: The drawing of each task by name, for the keys.
        key_height: Height of the row of keys in pixels; by default that of the highest.

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
    return margin(column([*body, pad(footer[: key_height or None], key_height, 0)], gap), gap)
