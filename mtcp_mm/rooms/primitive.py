"""A solid placed in a room, with what it is and what it is made of."""

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
        shape: The solid in its own frame.
        centre: Where its origin lies, metres, ``(3,)``.
        axes: Its own axes as columns, a rotation, ``(3, 3)``.
        material: What its surface looks like.
        category: Its semantic class.
        part: Its body part, of people only.
        casts_shadow: Whether it keeps light off others; details that stand inside the outline of
            a larger solid need not.
        instance: Numbers that tell the objects of one class apart, the outermost group's first. All
            solids with the same class and numbers are one object.
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
        """World points ``(3, N)`` in this solid's frame."""
        return self.axes.T @ (points - self.centre[:, None])

    def enter(self, origin: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """Ray parameter ``(N,)`` at which world rays enter, ``inf`` where they miss."""
        return self.shape.enter(self.to_local(origin), self.axes.T @ direction)

    def corners(self) -> np.ndarray:
        """The eight corners ``(3, 8)`` of the box around it, in the world."""
        return self.centre[:, None] + self.axes @ (_SIGNS * np.float32(self.shape.half)[:, None])

    def moved(self, offset: np.ndarray, rotation: np.ndarray) -> 'Primitive':
        """The same solid, turned by ``rotation`` (3, 3) about the origin, then shifted."""
        return replace(self, centre=np.float32(rotation @ self.centre + offset), axes=np.float32(rotation @ self.axes))

    def in_group(self, number: int) -> 'Primitive':
        """The same solid, as a part of the thing or group of things with this number."""
        return replace(self, instance=(number, *self.instance))


def turn(yaw: float) -> np.ndarray:
    """The rotation ``(3, 3)`` by ``yaw`` radians about the vertical, anticlockwise from above."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    return np.float32([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
