"""Beds, sofas and chairs."""

import numpy as np

from .categories import Category
from .materials import fabric, metal, plain, wooden
from .pieces import Piece, ball, box, legs, rod
from .primitive import Primitive

SEAT_HEIGHT = 0.46
"""Height of the seats of chairs and sofas, metres."""


def bed(rng: np.random.Generator) -> Piece:
    """Returns a bed with headboard, mattress, blanket and pillows. The headboard is at the back."""
    width, length = rng.uniform(0.95, 1.8), rng.uniform(1.95, 2.1)
    frame, sheet, blanket = wooden(rng), fabric(rng), fabric(rng)
    base, top = rng.uniform(0.22, 0.34), rng.uniform(0.48, 0.62)
    head = rng.uniform(0.75, 1.25)
    fold = length * rng.uniform(0.55, 0.72)
    middle = -length / 2 + fold / 2
    category = Category.BED
    parts = [
        box((0, 0, base / 2 + 0.04), (width, length, base - 0.08), frame, category),
        box((0, length / 2 - 0.03, head / 2), (width + 0.06, 0.06, head), frame, category),
        box((0, -0.02, (base + top) / 2), (width - 0.04, length - 0.1, top - base), sheet, category),
        box((0, middle + 0.02, (base + top) / 2), (width + 0.04, fold, top - base + 0.06), blanket, category),
        rod(
            (-width / 2 + 0.02, middle + fold / 2, top),
            (width / 2 - 0.02, middle + fold / 2, top),
            0.05,
            blanket,
            category,
        ),
    ]
    for side in (-1, 1):
        edge = side * width / 2
        parts.append(
            rod((edge, middle - fold / 2 + 0.05, top), (edge, middle + fold / 2, top), 0.035, blanket, category)
        )
    return Piece(parts + _pillows(rng, width, length / 2 - 0.32, top), width + 0.1, length, head)


def _pillows(rng: np.random.Generator, width: float, back: float, top: float) -> list[Primitive]:
    count = 1 if width < 1.3 else 2
    across = width / count
    material = fabric(rng) if rng.random() < 0.5 else plain(rng)
    pillows = []
    for number in range(count):
        x = -width / 2 + across * (number + 0.5) + rng.uniform(-0.03, 0.03)
        half = (min(across * 0.44, 0.38), rng.uniform(0.2, 0.25), rng.uniform(0.08, 0.11))
        tilt = rng.choice([0.0, -0.5])
        place = (x, back, top + half[2] * 0.8 - tilt * 0.15)
        pillows.append(ball(place, half, material, Category.PILLOW, tilt=tilt).in_group(number))
    return pillows


def sofa(rng: np.random.Generator) -> Piece:
    """Returns a sofa with armrests, cushions and loose pillows."""
    seats = int(rng.integers(2, 4))
    arm, depth = rng.uniform(0.12, 0.24), rng.uniform(0.82, 0.98)
    each = rng.uniform(0.58, 0.72)
    width, back = seats * each + 2 * arm, rng.uniform(0.75, 0.95)
    arm_top = rng.uniform(0.56, 0.68)
    cover, category = fabric(rng), Category.SOFA
    parts = [
        box((0, 0, 0.18), (width, depth, 0.2), cover, category),
        box((0, depth / 2 - 0.09, (back + 0.08) / 2), (width, 0.18, back - 0.08), cover, category),
        rod(
            (-width / 2 + 0.08, depth / 2 - 0.09, back),
            (width / 2 - 0.08, depth / 2 - 0.09, back),
            0.09,
            cover,
            category,
        ),
        *legs(width, depth, 0.09, 0.03, 0.0, wooden(rng), category),
    ]
    for side in (-1, 1):
        x = side * (width - arm) / 2
        parts.append(box((x, 0, arm_top / 2 + 0.04), (arm, depth, arm_top - 0.08), cover, category))
        parts.append(
            rod((x, -depth / 2 + arm / 2, arm_top), (x, depth / 2 - arm / 2, arm_top), arm / 2, cover, category)
        )
    for number in range(seats):
        x = (number - (seats - 1) / 2) * each
        parts.append(box((x, -0.08, SEAT_HEIGHT - 0.09), (each - 0.015, depth - 0.18, 0.16), cover, category))
        parts.append(
            rod(
                (x - each / 2 + 0.08, -depth / 2 + 0.03, SEAT_HEIGHT - 0.09),
                (x + each / 2 - 0.08, -depth / 2 + 0.03, SEAT_HEIGHT - 0.09),
                0.075,
                cover,
                category,
            )
        )
        parts.append(
            ball((x, depth / 2 - 0.24, SEAT_HEIGHT + 0.2), (each * 0.5, 0.14, 0.25), cover, category, tilt=0.2)
        )
    return Piece(parts + _sofa_pillows(rng, width - 2 * arm, depth), width, depth, back + 0.09)


def _sofa_pillows(rng: np.random.Generator, inside: float, depth: float) -> list[Primitive]:
    pillows = []
    for side in (-1, 1):
        if rng.random() < 0.75:
            half = rng.uniform(0.19, 0.25)
            place = (side * (inside / 2 - half - rng.uniform(0, 0.08)), depth / 2 - 0.42, SEAT_HEIGHT + half * 0.9)
            pillow = ball(place, (half, 0.1, half), fabric(rng), Category.PILLOW, tilt=0.35)
            pillows.append(pillow.in_group(len(pillows)))
    return pillows


def chair(rng: np.random.Generator) -> Piece:
    """Returns a kitchen chair with a slatted or full back, or an office chair."""
    width, depth, back = rng.uniform(0.42, 0.52), rng.uniform(0.42, 0.5), rng.uniform(0.82, 1.05)
    category = Category.CHAIR
    if rng.random() < 0.25:
        return Piece(_office_chair(rng, width, back), 0.66, 0.66, back)
    frame = metal(rng) if rng.random() < 0.25 else wooden(rng)
    seat = fabric(rng) if rng.random() < 0.5 else frame
    parts = legs(width, depth, SEAT_HEIGHT - 0.03, 0.022, rng.uniform(0, 0.04), frame, category)
    parts.append(box((0, 0, SEAT_HEIGHT - 0.02), (width, depth, 0.045), seat, category))
    rear = depth / 2 - 0.025
    for side in (-1, 1):
        x = side * (width / 2 - 0.03)
        parts.append(rod((x, rear, SEAT_HEIGHT), (x, rear + 0.07, back), 0.02, frame, category))
    if rng.random() < 0.5:
        parts.append(
            box(
                (0, rear + 0.045, SEAT_HEIGHT + 0.3),
                (width - 0.06, 0.03, back - SEAT_HEIGHT - 0.22),
                seat,
                category,
                tilt=0.14,
            )
        )
    else:
        for height in np.linspace(SEAT_HEIGHT + 0.15, back - 0.04, int(rng.integers(2, 4))):
            shift = 0.07 * (height - SEAT_HEIGHT) / (back - SEAT_HEIGHT)
            parts.append(box((0, rear + shift, height), (width - 0.06, 0.02, 0.07), frame, category))
    return Piece(parts, width + 0.06, depth + 0.1, back)


def _office_chair(rng: np.random.Generator, width: float, back: float) -> list[Primitive]:
    cover, frame, category = fabric(rng), metal(rng), Category.CHAIR
    spokes = [
        rod((0, 0, 0.09), (0.28 * np.cos(a), 0.28 * np.sin(a), 0.05), 0.025, frame, category)
        for a in np.arange(5) * 2 * np.pi / 5
    ]
    return [
        *spokes,
        rod((0, 0, 0.1), (0, 0, 0.4), 0.03, frame, category),
        box((0, 0, SEAT_HEIGHT - 0.04), (width, 0.46, 0.08), cover, category),
        rod((0, 0.22, 0.42), (0, 0.27, 0.75), 0.025, frame, category),
        ball((0, 0.25, (back + 0.6) / 2), (width / 2, 0.07, (back - 0.5) / 2), cover, category, tilt=0.12),
    ]
