"""Building blocks of furniture.

A piece has a local frame: x to its right, y to its back (it faces -y), z up, and the origin on the floor in the middle
of its footprint. Lengths are in metres, angles in radians.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .categories import Category, Part
from .materials import Material
from .primitive import Primitive, turn
from .shapes import Box, Capsule, Ellipsoid, Frustum

Point = Sequence[float]


@dataclass(frozen=True)
class Piece:
    """Primitives that are placed together, such as a piece of furniture.

    Args:
        primitives: The primitives.
        width: Extent along x, metres.
        depth: Extent along y, metres.
        height: Extent along z, metres.
    """

    primitives: list[Primitive]
    width: float
    depth: float
    height: float

    def placed(self, offset: Point, yaw: float = 0.0) -> list[Primitive]:
        """Returns the primitives, rotated about the vertical by ``yaw`` and then shifted by ``offset``."""
        rotation = turn(yaw)
        return [primitive.moved(np.asarray(offset), rotation) for primitive in self.primitives]


def box(
    centre: Point, size: Point, material: Material, category: Category, tilt: float = 0.0, casts_shadow: bool = True
) -> Primitive:
    """Returns a cuboid with full edge lengths ``size``. ``tilt`` leans its top to the back (+y)."""
    cos, sin = np.cos(tilt), np.sin(tilt)
    axes = np.float32([[1, 0, 0], [0, cos, sin], [0, -sin, cos]])
    shape = Box(tuple(edge / 2 for edge in size))
    return Primitive(shape, np.float32(centre), axes, material, category, casts_shadow=casts_shadow)


def ball(
    centre: Point,
    half: Point,
    material: Material,
    category: Category,
    part: Part = Part.NONE,
    tilt: float = 0.0,
    casts_shadow: bool = True,
) -> Primitive:
    """Returns an ellipsoid with half axes ``half``. ``tilt`` leans its top to the back (+y)."""
    cos, sin = np.cos(tilt), np.sin(tilt)
    axes = np.float32([[1, 0, 0], [0, cos, sin], [0, -sin, cos]])
    return Primitive(Ellipsoid(tuple(half)), np.float32(centre), axes, material, category, part, casts_shadow)


def rod(
    start: Point,
    end: Point,
    radius: float,
    material: Material,
    category: Category,
    part: Part = Part.NONE,
    casts_shadow: bool = True,
) -> Primitive:
    """Returns a capsule between two points."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    length = float(np.linalg.norm(end - start))
    shape = Capsule(radius, length / 2)
    return Primitive(
        shape,
        np.float32((start + end) / 2),
        _rotation_to((end - start) / length),
        material,
        category,
        part,
        casts_shadow,
    )


def tower(
    base: Point,
    height: float,
    radii: tuple[float, float],
    material: Material,
    category: Category,
    casts_shadow: bool = True,
) -> Primitive:
    """Returns an upright frustum on ``base`` with a lower and an upper radius."""
    centre = np.float32([base[0], base[1], base[2] + height / 2])
    return Primitive(
        Frustum(*radii, height / 2), centre, np.eye(3, dtype=np.float32), material, category, casts_shadow=casts_shadow
    )


def limb(
    start: Point, end: Point, radii: tuple[float, float], material: Material, category: Category, part: Part = Part.NONE
) -> Primitive:
    """Returns a frustum between two points, with the radius at each."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    length = float(np.linalg.norm(end - start))
    return Primitive(
        Frustum(*radii, length / 2),
        np.float32((start + end) / 2),
        _rotation_to((end - start) / length),
        material,
        category,
        part,
    )


def legs(
    width: float, depth: float, height: float, radius: float, splay: float, material: Material, category: Category
) -> list[Primitive]:
    """Returns four legs under a rectangle, with their feet set outward by ``splay``."""
    across, along = width / 2 - radius - 0.02, depth / 2 - radius - 0.02
    return [
        limb(
            (x * (across + splay), y * (along + splay), 0),
            (x * across, y * along, height),
            (radius * 0.75, radius),
            material,
            category,
        )
        for x in (-1, 1)
        for y in (-1, 1)
    ]


def _rotation_to(direction: np.ndarray) -> np.ndarray:
    """Returns a rotation ``(3, 3)`` whose third column is the unit vector ``direction``."""
    x, y, z = direction
    # Duff et al., Building an Orthonormal Basis, Revisited (2017).
    sign = 1.0 if z >= 0 else -1.0
    a = -1 / (sign + z)
    b = x * y * a
    return np.float32([[1 + sign * x * x * a, b, x], [sign * b, sign + y * y * a, y], [-sign * x, -y, z]])
