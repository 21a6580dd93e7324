"""Standing and seated people."""

from dataclasses import dataclass

import numpy as np

from .categories import Category, Part
from .materials import Material, fabric, hsv, plain, random_colour, shades
from .pieces import Piece, ball, limb, rod
from .primitive import Primitive
from .seating import SEAT_HEIGHT
from .textures import carpet, plaster

_PERSON = Category.PERSON
# People face -y, so their left is at +x. A side is the sign of x.
_ARMS = {
    -1: (Part.RIGHT_UPPER_ARM, Part.RIGHT_LOWER_ARM, Part.RIGHT_HAND),
    1: (Part.LEFT_UPPER_ARM, Part.LEFT_LOWER_ARM, Part.LEFT_HAND),
}
_LEGS = {
    -1: (Part.RIGHT_UPPER_LEG, Part.RIGHT_LOWER_LEG, Part.RIGHT_FOOT),
    1: (Part.LEFT_UPPER_LEG, Part.LEFT_LOWER_LEG, Part.LEFT_FOOT),
}


@dataclass(frozen=True)
class _Outfit:
    skin: Material
    hair: Material
    eyes: Material
    lips: Material
    top: Material
    sleeve: Material
    trousers: Material
    shoes: Material
    bulk: float


def _outfit(rng: np.random.Generator) -> _Outfit:
    tone = hsv(rng.uniform(0.03, 0.08), rng.uniform(0.28, 0.6), rng.uniform(0.35, 0.95))
    skin = Material(plaster, shades(tone, 0.94, 1.04), gloss=0.1)
    grey = rng.random() < 0.2
    hair = hsv(
        rng.uniform(0.03, 0.1),
        0.05 if grey else rng.uniform(0.3, 0.7),
        rng.uniform(0.5, 0.85) if grey else rng.uniform(0.06, 0.45),
    )
    top, bare = fabric(rng), rng.random() < 0.4
    trousers = random_colour(rng, (0.05, 0.6), (0.12, 0.7))
    return _Outfit(
        skin=skin,
        hair=Material(carpet, shades(hair, 0.6, 1.2), gloss=0.15),
        eyes=Material(plaster, [[0.01] * 3, [0.02] * 3], gloss=0.5),
        lips=Material(plaster, shades(tone * [0.8, 0.4, 0.4], 0.9, 1.0)),
        top=top,
        sleeve=skin if bare else top,
        trousers=Material(carpet, shades(trousers, 0.85, 1.1)),
        shoes=plain(rng, gloss=0.3),
        bulk=rng.uniform(0.88, 1.15),
    )


def _head(rng: np.random.Generator, wear: _Outfit, neck: np.ndarray) -> list[Primitive]:
    head = neck + [0, -0.015, 0.19]
    parts = [
        rod(neck, neck + [0, -0.005, 0.1], 0.05, wear.skin, _PERSON, Part.NECK),
        ball(head, (0.076, 0.095, 0.12), wear.skin, _PERSON, Part.HEAD),
        ball(head + [0, -0.095, -0.015], (0.014, 0.02, 0.022), wear.skin, _PERSON, Part.HEAD, casts_shadow=False),
        ball(head + [0, 0.022, 0.035], (0.086, 0.096, 0.105), wear.hair, _PERSON, Part.HEAD),
        ball(head + [0, -0.088, -0.06], (0.028, 0.014, 0.009), wear.lips, _PERSON, Part.HEAD, casts_shadow=False),
    ]
    for side in (-1, 1):
        parts.append(
            ball(
                head + [side * 0.03, -0.084, 0.012],
                (0.014, 0.01, 0.009),
                wear.eyes,
                _PERSON,
                Part.HEAD,
                casts_shadow=False,
            )
        )
    if rng.random() < 0.45:
        parts.append(ball(head + [0, 0.05, -0.08], (0.082, 0.06, 0.16), wear.hair, _PERSON, Part.HEAD))
    return parts


def _trunk(wear: _Outfit, hip: np.ndarray, neck: np.ndarray) -> list[Primitive]:
    bulk = wear.bulk
    chest, belly = hip + 0.68 * (neck - hip), hip + 0.32 * (neck - hip)
    shoulder = neck + [0, 0, -0.06]
    return [
        ball(chest, (0.175 * bulk, 0.12 * bulk, 0.2), wear.top, _PERSON, Part.TORSO),
        ball(belly, (0.155 * bulk, 0.115 * bulk, 0.22), wear.top, _PERSON, Part.TORSO),
        ball(hip, (0.165 * bulk, 0.12 * bulk, 0.13), wear.trousers, _PERSON, Part.TORSO),
        rod(shoulder - [0.145 * bulk, 0, 0], shoulder + [0.145 * bulk, 0, 0], 0.055, wear.top, _PERSON, Part.TORSO),
    ]


def _arm(wear: _Outfit, side: int, shoulder: np.ndarray, elbow: np.ndarray, wrist: np.ndarray) -> list[Primitive]:
    upper, lower, palm = _ARMS[side]
    hand = wrist + 0.3 * (wrist - elbow)
    return [
        rod(shoulder, elbow, 0.047 * wear.bulk, wear.top, _PERSON, upper),
        limb(elbow, wrist, (0.04, 0.03), wear.sleeve, _PERSON, lower),
        ball(elbow, (0.041,) * 3, wear.sleeve, _PERSON, lower),
        ball(0.5 * (wrist + hand), (0.035, 0.035, 0.055), wear.skin, _PERSON, palm),
    ]


def _leg(wear: _Outfit, side: int, hip: np.ndarray, knee: np.ndarray, ankle: np.ndarray) -> list[Primitive]:
    upper, lower, foot = _LEGS[side]
    return [
        limb(hip, knee, (0.088 * wear.bulk, 0.06), wear.trousers, _PERSON, upper),
        ball(hip, (0.088 * wear.bulk,) * 3, wear.trousers, _PERSON, upper),
        ball(knee, (0.061,) * 3, wear.trousers, _PERSON, upper),
        limb(knee, ankle, (0.058, 0.042), wear.trousers, _PERSON, lower),
        ball(ankle + [0, -0.06, -0.04], (0.05, 0.13, 0.05), wear.shoes, _PERSON, foot),
    ]


def _limb_end(start: np.ndarray, length: float, forward: float, outward: float, side: int) -> np.ndarray:
    """Returns the end of a limb that hangs from ``start``, swung forward (-y) and outward by angles in radians."""
    direction = np.array(
        [side * np.sin(outward), -np.sin(forward) * np.cos(outward), -np.cos(forward) * np.cos(outward)]
    )
    return start + length * direction


def _arms(rng: np.random.Generator, wear: _Outfit, neck: np.ndarray, lift: float) -> list[Primitive]:
    parts = []
    for side in (-1, 1):
        shoulder = neck + [side * 0.185 * wear.bulk, 0, -0.07]
        forward = rng.uniform(-0.3, 0.5) + lift
        elbow = _limb_end(shoulder, 0.29, forward, rng.uniform(0.08, 0.4), side)
        bend = rng.uniform(0.1, 1.4)
        wrist = _limb_end(elbow, 0.25, forward + bend, rng.uniform(-0.3, 0.1), side)
        parts += _arm(wear, side, shoulder, elbow, wrist)
    return parts


def standing_person(rng: np.random.Generator) -> Piece:
    """Returns a person of 1.5 to 1.9 m who stands or walks."""
    wear, scale = _outfit(rng), rng.uniform(0.9, 1.1)
    hip, neck = np.array([0, 0, 0.92 * scale]), np.array([0, 0, 1.45 * scale])
    stride = rng.uniform(0, 0.35) * rng.choice([0, 1])
    parts = _head(rng, wear, neck) + _trunk(wear, hip, neck) + _arms(rng, wear, neck, 0.0)
    for side in (-1, 1):
        joint = hip + [side * 0.095, 0, -0.04]
        length = (joint[2] - 0.085) / 2 / np.cos(stride)
        knee = _limb_end(joint, length, side * stride, 0.02, side)
        ankle = _limb_end(knee, length, side * stride * 0.9, 0.0, side)
        parts += _leg(wear, side, joint, knee, ankle)
    return Piece(parts, 0.6, 0.6 + 2 * np.sin(stride) * 0.5, 1.75 * scale)


def with_seated_person(rng: np.random.Generator, seat: Piece, aside: float) -> Piece:
    """Returns a chair or sofa with a person on it.

    Args:
        rng: Random generator for the person.
        seat: The chair or sofa, with its seat at :data:`SEAT_HEIGHT`.
        aside: Sideways distance of the person from the middle, metres.
    """
    wear = _outfit(rng)
    hip = np.array([aside, 0.03 - max(seat.depth - 0.7, 0) / 2, SEAT_HEIGHT + 0.12])
    neck = hip + [0, rng.uniform(-0.08, 0.05), rng.uniform(0.5, 0.56)]
    parts = _head(rng, wear, neck) + _trunk(wear, hip, neck) + _arms(rng, wear, neck, 0.4)
    for side in (-1, 1):
        joint = hip + [side * 0.1, -0.02, -0.02]
        knee = joint + [side * rng.uniform(0, 0.08), -0.44, 0.0]
        ankle = knee + [0, rng.uniform(-0.12, 0.1), -(knee[2] - 0.09)]
        parts += _leg(wear, side, joint, knee, ankle)
    # The feet are in front of the seat, so the middle of both moves to the front.
    before = max(0.76 - hip[1] - seat.depth / 2, 0)
    shift = np.array([0, before / 2, 0])
    return Piece(
        [part.moved(shift, np.eye(3)) for part in seat.primitives + parts],
        max(seat.width, 0.65),
        seat.depth + before,
        max(seat.height, 1.3),
    )
