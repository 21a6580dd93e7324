"""Tables and desks with chairs, night stands, lamps and rugs."""

import numpy as np

from .categories import Category
from .materials import Material, fabric, metal, random_colour, shades, wooden
from .pieces import Piece, ball, box, legs, rod, tower
from .primitive import Primitive
from .seating import chair
from .storage import cabinet
from .surfaces import rug
from .textures import plaster


def dining_set(rng: np.random.Generator) -> Piece:
    """Returns a rectangular or round table with chairs."""
    if rng.random() < 0.35:
        size = (rng.uniform(0.9, 1.2),) * 2
        parts = _round_table(rng, size[0] / 2, 0.74)
    else:
        size = (rng.uniform(1.1, 1.8), rng.uniform(0.75, 0.95))
        parts = _table(rng, size, rng.uniform(0.72, 0.77))
    seat = chair(rng)
    for side in (-1, 1):
        count = 2 if size[0] > 1.35 else 1
        for number in range(count):
            if rng.random() < 0.2:
                continue
            x = (number - (count - 1) / 2) * size[0] * 0.48
            y = side * (size[1] / 2 + rng.uniform(0.1, 0.3))
            yaw = (np.pi if side < 0 else 0) + rng.uniform(-0.3, 0.3)
            parts += [part.in_group(len(parts)) for part in seat.placed((x, y, 0), yaw)]
    return Piece(parts, max(size[0], 1.0), size[1] + 1.1, 0.9)


def desk(rng: np.random.Generator) -> Piece:
    """Returns a desk with one chair, sometimes with a lamp."""
    size = (rng.uniform(1.1, 1.6), rng.uniform(0.6, 0.75))
    parts = [p.moved(np.array([0, 0.25, 0]), np.eye(3)) for p in _table(rng, size, rng.uniform(0.71, 0.76))]
    seat = chair(rng).placed((rng.uniform(-0.2, 0.2), -0.3, 0), np.pi + rng.uniform(-0.5, 0.5))
    if rng.random() < 0.5:
        parts += table_lamp(rng, (rng.choice([-1, 1]) * (size[0] / 2 - 0.2), 0.35, 0.76))
    return Piece(parts + seat, size[0], size[1] + 0.5, 0.9)


def coffee_table(rng: np.random.Generator) -> Piece:
    """Returns a low table."""
    height = rng.uniform(0.36, 0.48)
    if rng.random() < 0.4:
        radius = rng.uniform(0.35, 0.5)
        return Piece(_round_table(rng, radius, height), 2 * radius, 2 * radius, height)
    size = (rng.uniform(0.8, 1.2), rng.uniform(0.45, 0.65))
    return Piece(_table(rng, size, height), *size, height)


def _table(rng: np.random.Generator, size: tuple[float, float], height: float) -> list[Primitive]:
    top = wooden(rng)
    frame = metal(rng) if rng.random() < 0.3 else top
    category = Category.TABLE
    parts = legs(*size, height - 0.04, rng.uniform(0.025, 0.045), 0.0, frame, category)
    parts.append(box((0, 0, height - 0.02), (*size, 0.04), top, category))
    parts.append(box((0, 0, height - 0.08), (size[0] - 0.14, size[1] - 0.14, 0.08), frame, category))
    return parts


def _round_table(rng: np.random.Generator, radius: float, height: float) -> list[Primitive]:
    top, foot, category = wooden(rng), metal(rng), Category.TABLE
    return [
        tower((0, 0, height - 0.035), 0.035, (radius, radius), top, category),
        tower((0, 0, 0.03), height - 0.06, (0.05, 0.04), foot, category),
        tower((0, 0, 0), 0.035, (radius * 0.55, radius * 0.5), foot, category),
    ]


def night_stand(rng: np.random.Generator) -> Piece:
    """Returns a small cabinet with a lamp on it."""
    stand = cabinet(rng, height=rng.uniform(0.45, 0.58), width=rng.uniform(0.42, 0.52))
    lamp = table_lamp(rng, (0, 0, stand.height))
    return Piece([*stand.primitives, *lamp], stand.width, stand.depth, 1.1)


def lamp_shade(rng: np.random.Generator) -> Material:
    """Returns the material of a lamp shade, lit or unlit."""
    colour = random_colour(rng, (0.05, 0.4), (0.75, 0.98))
    return Material(plaster, shades(colour, 0.95, 1.0), glow=rng.choice([0.0, 1.2, 2.0]))


def table_lamp(rng: np.random.Generator, base: tuple[float, float, float]) -> list[Primitive]:
    """Returns a lamp with a round body and a shade, at ``base`` (metres)."""
    body, category = wooden(rng), Category.LAMP
    x, y, z = base
    radius, height = rng.uniform(0.12, 0.17), rng.uniform(0.18, 0.24)
    return [
        ball((x, y, z + 0.11), (0.075, 0.075, 0.11), body, category),
        rod((x, y, z + 0.2), (x, y, z + 0.3), 0.012, metal(rng), category),
        tower((x, y, z + 0.27), height, (radius, radius * rng.uniform(0.5, 0.9)), lamp_shade(rng), category),
    ]


def floor_lamp(rng: np.random.Generator) -> Piece:
    """Returns a floor lamp."""
    pole, category = metal(rng), Category.LAMP
    height, radius = rng.uniform(1.35, 1.65), rng.uniform(0.18, 0.25)
    parts = [
        tower((0, 0, 0), 0.03, (0.16, 0.15), pole, category),
        rod((0, 0, 0.03), (0, 0, height), 0.017, pole, category),
        tower((0, 0, height - 0.12), 0.3, (radius, radius * rng.uniform(0.45, 0.9)), lamp_shade(rng), category),
    ]
    return Piece(parts, 2 * radius, 2 * radius, height + 0.2)


def floor_mat(rng: np.random.Generator) -> Piece:
    """Returns a rectangular or round rug."""
    category, material = Category.FLOOR_MAT, rug(rng) if rng.random() < 0.8 else fabric(rng)
    if rng.random() < 0.3:
        radius = rng.uniform(0.6, 1.0)
        disc = tower((0, 0, 0), 0.014, (radius, radius - 0.01), material, category)
        return Piece([disc], 2 * radius, 2 * radius, 0.014)
    size = (rng.uniform(1.1, 2.2), rng.uniform(0.8, 1.5))
    return Piece([box((0, 0, 0.007), (*size, 0.014), material, category)], *size, 0.014)
