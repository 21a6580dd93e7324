"""Cabinets, bookshelves and televisions."""

import numpy as np

from .categories import Category
from .materials import Material, metal, plain, wooden
from .pieces import Piece, box, rod, tower
from .primitive import Primitive
from .surfaces import books, screen
from .textures import vertical_wood


def cabinet(rng: np.random.Generator, height: float | None = None, width: float | None = None) -> Piece:
    """Returns a chest, sideboard or wardrobe with doors or drawers and handles.

    Args:
        rng: Random generator for its look.
        height: Height in metres; None for a random one.
        width: Width in metres; None for a random one.
    """
    tall = rng.random() < 0.4
    height = height or (rng.uniform(1.7, 2.1) if tall else rng.uniform(0.7, 1.1))
    width = width or rng.uniform(0.8, 1.6)
    depth = rng.uniform(0.4, 0.58)
    body = wooden(rng)
    front = wooden(rng, vertical_wood) if height > 1.3 else wooden(rng)
    foot = 0.08
    parts = [
        box((0, 0.01, foot / 2), (width - 0.06, depth - 0.06, foot), body, Category.CABINET, casts_shadow=False),
        box((0, 0.01, (height + foot) / 2), (width, depth - 0.02, height - foot), body, Category.CABINET),
        box((0, 0, height), (width + 0.03, depth, 0.03), body, Category.CABINET),
    ]
    columns = max(1, round(width / rng.uniform(0.4, 0.6)))
    rows = 1 if height > 1.3 or rng.random() < 0.3 else int(rng.integers(2, 5))
    faces = _cabinet_fronts(rng, (width, depth, height, foot), columns, rows, front)
    return Piece(parts + faces, width + 0.03, depth, height + 0.015)


def _cabinet_fronts(
    rng: np.random.Generator, size: tuple[float, float, float, float], columns: int, rows: int, material: Material
) -> list[Primitive]:
    width, depth, height, foot = size
    handle, parts = metal(rng), []
    across, up = width / columns, (height - foot - 0.03) / rows
    face = -depth / 2 + 0.01
    for column in range(columns):
        for row in range(rows):
            x = -width / 2 + across * (column + 0.5)
            z = foot + up * (row + 0.5)
            parts.append(
                box((x, face, z), (across - 0.02, 0.024, up - 0.02), material, Category.CABINET, casts_shadow=False)
            )
            if rows == 1:
                shift = (across / 2 - 0.06) * (1 if column % 2 == 0 else -1)
                ends = (x + shift, face - 0.03, z - 0.07), (x + shift, face - 0.03, z + 0.07)
            else:
                ends = (x - 0.06, face - 0.03, z), (x + 0.06, face - 0.03, z)
            parts.append(rod(*ends, 0.011, handle, Category.CABINET, casts_shadow=False))
    return parts


def bookshelf(rng: np.random.Generator) -> Piece:
    """Returns open shelves with books."""
    width, height, depth = rng.uniform(0.7, 1.3), rng.uniform(1.4, 2.15), rng.uniform(0.28, 0.36)
    wood, category = wooden(rng), Category.BOOKSHELF
    thick = 0.03
    parts = [box((0, depth / 2 - 0.01, height / 2), (width, 0.02, height), wood, category)]
    for side in (-1, 1):
        parts.append(box((side * (width - thick) / 2, 0, height / 2), (thick, depth, height), wood, category))
    levels = np.linspace(0.06, height - thick / 2, int(rng.integers(5, 7)))
    for level in levels:
        parts.append(box((0, 0, level), (width - thick, depth - 0.01, thick), wood, category))
    for lower, upper in zip(levels[:-1], levels[1:], strict=True):
        parts += _row_of_books(rng, width - 2 * thick, depth, lower + thick / 2, upper - lower - thick)
    return Piece(parts, width, depth, height)


def _row_of_books(rng: np.random.Generator, width: float, depth: float, bottom: float, clear: float) -> list[Primitive]:
    rows, start = [], -width / 2
    while start < width / 2 - 0.1:
        length = min(rng.uniform(0.15, 0.45), width / 2 - start)
        if rng.random() < 0.85:
            tall, deep = clear * rng.uniform(0.6, 0.92), depth * rng.uniform(0.6, 0.8)
            rows.append(
                box(
                    (start + length / 2, depth / 2 - 0.02 - deep / 2, bottom + tall / 2),
                    (length, deep, tall),
                    books(rng),
                    Category.BOOKSHELF,
                    casts_shadow=False,
                )
            )
        start += length + 0.005
    return rows


def television(rng: np.random.Generator) -> Piece:
    """Returns a flat television on a low cabinet."""
    width = rng.uniform(0.85, 1.35)
    stand = cabinet(rng, height=rng.uniform(0.42, 0.6), width=width * rng.uniform(1.0, 1.35))
    bottom = stand.height + 0.05
    foot = tower((0, 0, stand.height), 0.05, (0.16, 0.05), plain(rng), Category.TELEVISION)
    panel = flat_screen(rng, width, bottom)
    height = bottom + width * 0.58
    return Piece([*stand.primitives, foot, *panel], stand.width, stand.depth, height)


def flat_screen(rng: np.random.Generator, width: float, bottom: float) -> list[Primitive]:
    """Returns a flat screen with this width and its lower edge at height ``bottom``, metres."""
    height = width * 0.58
    case = Material(plain(rng).texture, [[0.006] * 3, [0.02] * 3], gloss=0.5)
    middle = bottom + height / 2
    return [
        box((0, 0, middle), (width, 0.05, height), case, Category.TELEVISION),
        box(
            (0, -0.024, middle),
            (width - 0.04, 0.01, height - 0.04),
            screen(rng, height),
            Category.TELEVISION,
            casts_shadow=False,
        ),
    ]
