"""Fixtures on walls and ceilings: doors, windows, pictures and lamps.

Wall fixtures are pieces with their back (y = 0) on the wall. Heights are above the floor.
"""

import numpy as np

from .categories import Category
from .materials import metal, plain, wooden
from .pieces import Piece, ball, box, rod, tower
from .primitive import Primitive
from .storage import flat_screen
from .surfaces import painting, view_outside
from .tables import lamp_shade
from .textures import vertical_wood

WINDOW_SILL = 0.9
"""Height of the window sills, metres."""


def door(rng: np.random.Generator) -> Piece:
    """Returns a closed door with frame, panels and a handle."""
    width, height = rng.uniform(0.8, 0.95), rng.uniform(1.98, 2.1)
    leaf, frame, category = wooden(rng, vertical_wood), wooden(rng, vertical_wood), Category.DOOR
    parts = [
        box((0, -0.02, height / 2), (width, 0.04, height), leaf, category, casts_shadow=False),
        box((0, -0.03, height + 0.04), (width + 0.16, 0.06, 0.08), frame, category),
    ]
    for side in (-1, 1):
        parts.append(box((side * (width / 2 + 0.04), -0.03, height / 2), (0.08, 0.06, height), frame, category))
    rows = int(rng.integers(1, 4))
    for row in range(rows):
        tall = (height - 0.12) / rows
        parts.append(
            box(
                (0, -0.045, 0.06 + tall * (row + 0.5)),
                (width - 0.24, 0.02, tall - 0.14),
                leaf,
                category,
                casts_shadow=False,
            )
        )
    x = rng.choice([-1, 1]) * (width / 2 - 0.07)
    parts.append(rod((x, -0.09, 1.02), (x * 0.72, -0.09, 1.02), 0.013, metal(rng), category, casts_shadow=False))
    return Piece(parts, width + 0.16, 0.7, height + 0.08)


def window(rng: np.random.Generator, daylight: float) -> Piece:
    """Returns a window with frame, bars and sill. Sunlight passes through the pane.

    Args:
        rng: Random generator for its look.
        daylight: From 0 at night to 1 on a bright day.
    """
    width, height = rng.uniform(0.9, 1.9), rng.uniform(1.0, 1.35)
    frame, category = plain(rng), Category.WINDOW
    middle = WINDOW_SILL + height / 2
    pane = view_outside(rng, height, daylight)
    parts = [
        box((0, -0.006, middle), (width, 0.012, height), pane, category, casts_shadow=False),
        box((0, -0.09, WINDOW_SILL - 0.02), (width + 0.16, 0.18, 0.04), frame, category),
    ]
    for side in (-1, 1):
        parts.append(box((side * width / 2, -0.03, middle), (0.07, 0.06, height + 0.07), frame, category))
    parts.append(box((0, -0.03, middle + height / 2), (width, 0.06, 0.07), frame, category))
    parts.append(box((0, -0.03, middle - height / 2 + 0.02), (width, 0.06, 0.06), frame, category))
    for number in range(1, int(rng.integers(2, 4))):
        x = -width / 2 + width * number / (2 if width < 1.3 else 3)
        parts.append(box((x, -0.025, middle), (0.05, 0.05, height), frame, category))
    if rng.random() < 0.4:
        parts.append(box((0, -0.025, middle + height * 0.2), (width, 0.05, 0.04), frame, category))
    return Piece(parts, width + 0.16, 0.2, middle + height / 2 + 0.05)


def picture(rng: np.random.Generator) -> Piece:
    """Returns a framed picture at eye level, or two side by side."""
    category, parts = Category.PICTURE, []
    count = 1 if rng.random() < 0.75 else 2
    width, height = rng.uniform(0.4, 1.1), rng.uniform(0.4, 0.8)
    width = width / count + 0.1
    frame, edge, z = wooden(rng), rng.uniform(0.03, 0.07), rng.uniform(1.45, 1.7)
    for number in range(count):
        x = (number - (count - 1) / 2) * (width + 0.12)
        inner = (width - 2 * edge, 0.012, height - 2 * edge)
        parts.append(box((x, -0.02, z), (width, 0.04, height), frame, category).in_group(number))
        canvas = box((x, -0.036, z), inner, painting(rng, height), category, casts_shadow=False)
        parts.append(canvas.in_group(number))
    return Piece(parts, count * (width + 0.12), 0.08, z + height / 2)


def wall_television(rng: np.random.Generator) -> Piece:
    """Returns a flat television on the wall."""
    width = rng.uniform(0.9, 1.4)
    parts = flat_screen(rng, width, 1.05)
    shifted = [part.moved(np.array([0, -0.03, 0]), np.eye(3)) for part in parts]
    return Piece(shifted, width, 0.1, 1.05 + 0.58 * width)


def ceiling_lamp(rng: np.random.Generator, ceiling: float) -> list[Primitive]:
    """Returns a pendant or flush lamp above the origin. It casts no shadow.

    Args:
        rng: Random generator for its look.
        ceiling: Height of the ceiling, metres.
    """
    category, shade = Category.LAMP, lamp_shade(rng)
    kind = rng.integers(3)
    if kind == 0:
        return [tower((0, 0, ceiling - 0.09), 0.09, (0.17, 0.2), shade, category, casts_shadow=False)]
    drop, radius = rng.uniform(0.4, 0.7), rng.uniform(0.15, 0.26)
    cord = rod((0, 0, ceiling - drop), (0, 0, ceiling), 0.01, metal(rng), category, casts_shadow=False)
    if kind == 1:
        return [cord, ball((0, 0, ceiling - drop), (radius, radius, radius * 0.8), shade, category, casts_shadow=False)]
    return [
        cord,
        tower((0, 0, ceiling - drop - 0.1), 0.22, (radius, radius * 0.45), shade, category, casts_shadow=False),
    ]
