"""The contact sheet: samples of a data set with all their maps, one row per sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mtcp_mm.tasks import Drawing, Task

from .blocks import blank, column, margin, pad, row
from .panel import Layout, Tile, draw_key, draw_tile
from .writing import GREY, draw_text, text_width

LARGEST, NARROWEST = 320, 256
HEADING = 20
LEGEND_ROWS = 20
PALE = 235


@dataclass(frozen=True)
class SheetRow:
    """A sample of the sheet.

    Args:
        title: Title of its image.
        image: RGB (H, W, 3), uint8.
        maps: Targets (H, W[, 3]) by task name.
        notes: Texts in place of missing maps, by task name.
    """

    title: str
    image: np.ndarray
    maps: Mapping[str, np.ndarray]
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SheetPart:
    """A part of the sheet under its own heading, such as a split.

    Args:
        title: The heading.
        tasks: The tasks by name, one column per task.
        rows: The samples, at least one.
    """

    title: str
    tasks: Mapping[str, Task]
    rows: Sequence[SheetRow]


@dataclass(frozen=True)
class SheetLayout(Layout):
    """Sizes of a sample's tiles, in a column as wide as the widest tile of the part."""

    widest: int = NARROWEST

    @property
    def cell(self) -> int:
        """Width of a column."""
        return max(self.widest, NARROWEST)


def draw_contact_sheet(parts: Sequence[SheetPart]) -> np.ndarray:
    """Draws a contact sheet.

    Within a part, the maps of a task share colours, scale and legend, which is drawn below them. Void is black.

    Args:
        parts: At least one.

    Returns:
        RGB image (H, W, 3), uint8.
    """
    return margin(column([draw_part(part) for part in parts], 2 * HEADING), HEADING)


def draw_part(part: SheetPart) -> np.ndarray:
    """Draws the heading, one row of tiles per sample, and the legends of the columns."""
    layouts = lay_out([sample.image.shape[:2] for sample in part.rows])
    columns, keys = [], [blank(1, layouts[0].cell)]
    for name, task in part.tasks.items():
        drawing, tiles = draw_together(task, [sample.maps.get(name) for sample in part.rows])
        keys.append(draw_key(drawing, layouts[0], LEGEND_ROWS) if drawing else keys[0])
        columns.append(
            [
                tile or draw_note(name, sample.notes.get(name, 'no map'), layout)
                for tile, sample, layout in zip(tiles, part.rows, layouts, strict=True)
            ]
        )
    gap = layouts[0].font
    body = []
    for i, (sample, layout) in enumerate(zip(part.rows, layouts, strict=True)):
        tiles = [Tile(sample.title, sample.image), *(tiles[i] for tiles in columns)]
        body.append(row([draw_tile(tile, layout) for tile in tiles], gap))
    keys = row(keys, gap)
    return column([draw_text(part.title, HEADING, keys.shape[1], bold=True), *body, keys], gap)


def lay_out(sizes: Sequence[tuple[int, int]]) -> list[SheetLayout]:
    """Chooses the tiles' sizes for images (height, width): large ones shrink, small ones grow by a whole factor."""
    tiles = []
    for height, width in sizes:
        scale = LARGEST / max(height, width)
        scale = int(scale) if scale > 1 else scale
        tiles.append((max(1, round(height * scale)), max(1, round(width * scale))))
    widest = max(width for _, width in tiles)
    return [SheetLayout(height, width, widest) for height, width in tiles]


def draw_together(task: Task, maps: Sequence[np.ndarray | None]) -> tuple[Drawing | None, list[Tile | None]]:
    """Draws a task's maps as one, so that they share colours, scale and legend, and splits the drawing.

    Args:
        task: The task.
        maps: Targets (H, W[, 3]) of any sizes; None for a missing one.

    Returns:
        The drawing, or None without maps; and a tile for each map.
    """
    present = [values for values in maps if values is not None]
    if not present:
        return None, list(maps)
    width = max(values.shape[1] for values in present)
    tensors = [task.to_tensor(widen(task, values, width)) for values in present]
    drawing = task.draw(np.concatenate([tensor.numpy() for tensor in tensors], axis=1))
    cuts = np.cumsum([values.shape[0] for values in present])[:-1]
    tiles = []
    for values, tensor, image in zip(present, tensors, np.split(drawing.image, cuts), strict=True):
        valid = task.valid(tensor)[..., : values.shape[1]]
        tiles.append(Tile(task.name, image[:, : values.shape[1]], 1 - valid.float().mean().item()))
    return drawing, [None if values is None else tiles.pop(0) for values in maps]


def widen(task: Task, target: np.ndarray, width: int) -> np.ndarray:
    """Pads a target (H, W[, 3]) with void at the right."""
    if target.shape[1] == width:
        return target
    return np.concatenate([target, task.empty(target.shape[0], width - target.shape[1])], axis=1)


def draw_note(name: str, note: str, layout: Layout) -> Tile:
    """Draws a pale tile with the reason why there is no map."""
    width = min(text_width(note, layout.font), layout.width)
    text = draw_text(note, layout.font, width, color=GREY)[: layout.height]
    page = pad(text, layout.height, layout.width, centre=True)
    return Tile(name, np.minimum(page, PALE).astype(np.uint8))
