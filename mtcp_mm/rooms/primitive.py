"""Solids in a room, with their classes and materials."""

from dataclasses import dataclass, replace

import numpy as np

from .categories import Category, Part
from .materials import Material
from .shapes import Shape

_SIGNS = np.stack(np.meshgrid(*[np.float32([-1, 1])] * 3)).reshape(3, -1)


@dataclass(frozen=True)
class Primitive:
    """One solid of a scene.

    Args:
        shape: Its shape in the local frame.
        centre: Origin of the local frame in the world, metres, ``(3,)``.
        axes: Axes of the local frame in the world as columns, ``(3, 3)``.
        material: Material of its surface.
        category: Semantic class.
        part: Body part, for people only.
        casts_shadow: Whether it casts shadows. Details within the outline of a larger solid need not.
        instance: Numbers that distinguish objects of the same class, from the outermost group to the innermost. All
            primitives with the same class and numbers are one object.
    """

    shape: Shape
    centre: np.ndarray
    axes: np.ndarray
    material: Material
    category: Category
    part: Part = Part.NONE
    casts_shadow: bool = True
    instance: tuple[int, ...] = ()

    def to_local(self, points: np.ndarray) -> np.ndarray:
        """Returns world points ``(3, N)`` in the local frame."""
        return self.axes.T @ (points - self.centre[:, None])

    def enter(self, origin: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """Returns the ray parameters ``(N,)`` at which world rays enter the solid, ``inf`` if they miss it."""
        return self.shape.enter(self.to_local(origin), self.axes.T @ direction)

    def corners(self) -> np.ndarray:
        """Returns the corners ``(3, 8)`` of its bounding box in the world."""
        return self.centre[:, None] + self.axes @ (_SIGNS * np.float32(self.shape.half)[:, None])

    def moved(self, offset: np.ndarray, rotation: np.ndarray) -> 'Primitive':
        """Returns a copy, rotated by ``rotation`` (3, 3) about the world origin and then shifted."""
        return replace(self, centre=np.float32(rotation @ self.centre + offset), axes=np.float32(rotation @ self.axes))

    def in_group(self, number: int) -> 'Primitive':
        """Returns a copy that belongs to the object or group with this number."""
        return replace(self, instance=(number, *self.instance))


def turn(yaw: float) -> np.ndarray:
    """Returns the rotation ``(3, 3)`` by ``yaw`` radians about the vertical, counter-clockwise from above."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    return np.float32([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
