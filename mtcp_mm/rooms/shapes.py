"""Shapes of solids in their local frame: ray intersections and surface normals.

Arrays of points or directions are ``(3, N)``, or ``(3, 1)`` for broadcasting. Directions may have any length. Ray
parameters are in multiples of it.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

NEAREST = 1e-4
"""Smaller ray parameters are behind the start of the ray, or on the surface that it starts from."""


class Shape(Protocol):
    """A solid around the origin of its local frame."""

    @property
    def half(self) -> tuple[float, float, float]:
        """Half of the edges of the axis-aligned bounding box, metres."""

    def enter(self, origin: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """Returns the ray parameter ``(N,)`` at which each ray enters the solid, ``inf`` if it misses."""

    def normal(self, point: np.ndarray) -> np.ndarray:
        """Returns outward unit normals ``(3, N)`` at surface points ``(3, N)``."""


def _hits_only(hit: np.ndarray, parameter: np.ndarray) -> np.ndarray:
    return np.where(hit & (parameter > NEAREST), parameter, np.float32(np.inf))


def _one_hot(axis: np.ndarray, sign: np.ndarray) -> np.ndarray:
    return (np.arange(3)[:, None] == axis).astype(np.float32) * sign


@dataclass(frozen=True)
class Quad:
    """A rectangle in the plane z = 0, visible from the side of positive z only.

    Args:
        half: Half width, half height and 0, metres.
    """

    half: tuple[float, float, float]

    def enter(self, origin: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """See :meth:`Shape.enter`."""
        parameter = -origin[2] / direction[2]
        inside = (np.abs(origin[0] + parameter * direction[0]) <= self.half[0]) & (
            np.abs(origin[1] + parameter * direction[1]) <= self.half[1]
        )
        return _hits_only(inside & (origin[2] > 0), parameter)

    def normal(self, point: np.ndarray) -> np.ndarray:
        """See :meth:`Shape.normal`."""
        return np.broadcast_to(np.float32([[0], [0], [1]]), point.shape)


@dataclass(frozen=True)
class Box:
    """A cuboid.

    Args:
        half: Half of its edge lengths, metres.
    """

    half: tuple[float, float, float]

    def enter(self, origin: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """See :meth:`Shape.enter`."""
        inverse = 1 / direction
        middle = -origin * inverse
        reach = np.abs(np.float32(self.half)[:, None] * inverse)
        near, far = middle - reach, middle + reach
        near = np.maximum(np.maximum(near[0], near[1]), near[2])
        far = np.minimum(np.minimum(far[0], far[1]), far[2])
        return _hits_only(near <= far, near)

    def normal(self, point: np.ndarray) -> np.ndarray:
        """See :meth:`Shape.normal`."""
        axis = np.argmax(np.abs(point) - np.float32(self.half)[:, None], axis=0)
        return _one_hot(axis, np.sign(point))


@dataclass(frozen=True)
class Ellipsoid:
    """An axis-aligned ellipsoid.

    Args:
        half: Half axes, metres.
    """

    half: tuple[float, float, float]

    def enter(self, origin: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """See :meth:`Shape.enter`; scaled to the unit sphere."""
        scale = 1 / np.float32(self.half)[:, None]
        origin, direction = origin * scale, direction * scale
        square = (direction**2).sum(axis=0)
        middle = -(origin * direction).sum(axis=0) / square
        # For small and distant solids, the distance of the chord's middle from the centre is far more accurate than the
        # textbook discriminant.
        depth = 1 - ((origin + middle * direction) ** 2).sum(axis=0)
        half_chord = np.sqrt(np.maximum(depth, 0) / square)
        return _hits_only(depth > 0, middle - half_chord)

    def normal(self, point: np.ndarray) -> np.ndarray:
        """See :meth:`Shape.normal`."""
        gradient = point / np.float32(self.half)[:, None] ** 2
        return gradient / np.linalg.norm(gradient, axis=0)


@dataclass(frozen=True)
class Capsule:
    """A cylinder along z with hemispheres at both ends.

    Args:
        radius: Radius, metres.
        length: Half the length of the cylinder, metres.
    """

    radius: float
    length: float

    @property
    def half(self) -> tuple[float, float, float]:
        """See :attr:`Shape.half`."""
        return self.radius, self.radius, self.length + self.radius

    def enter(self, origin: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """See :meth:`Shape.enter`. The cylinder is tested first, then the nearer hemisphere."""
        square = direction[0] ** 2 + direction[1] ** 2 + np.float32(1e-12)
        middle = -(origin[0] * direction[0] + origin[1] * direction[1]) / square
        depth = self.radius**2 - ((origin[0] + middle * direction[0]) ** 2 + (origin[1] + middle * direction[1]) ** 2)
        side = middle - np.sqrt(np.maximum(depth, 0) / square)
        height = origin[2] + side * direction[2]
        end = np.clip(height, -self.length, self.length)
        ball = Ellipsoid((self.radius,) * 3)
        offset = np.stack(np.broadcast_arrays(origin[0], origin[1], origin[2] - end))
        cap = ball.enter(offset, direction)
        side = np.where(np.abs(height) <= self.length, side, cap)
        return _hits_only(depth > 0, side)

    def normal(self, point: np.ndarray) -> np.ndarray:
        """See :meth:`Shape.normal`."""
        axis = np.zeros_like(point)
        axis[2] = np.clip(point[2], -self.length, self.length)
        return (point - axis) / np.linalg.norm(point - axis, axis=0)


@dataclass(frozen=True)
class Frustum:
    """A cylinder, cone or truncated cone along z, closed at both ends.

    Args:
        bottom: Radius at the lower end, metres.
        top: Radius at the upper end, metres.
        length: Half of the height, metres.
    """

    bottom: float
    top: float
    length: float

    @property
    def half(self) -> tuple[float, float, float]:
        """See :attr:`Shape.half`."""
        return (max(self.bottom, self.top),) * 2 + (self.length,)

    def _radius(self, height: np.ndarray) -> np.ndarray:
        return (self.bottom + self.top) / 2 + self._slope * height

    @property
    def _slope(self) -> float:
        return (self.top - self.bottom) / (2 * self.length)

    def enter(self, origin: np.ndarray, direction: np.ndarray) -> np.ndarray:
        """See :meth:`Shape.enter`. The nearest intersection with the side and the ends."""
        start, change = self._radius(origin[2]), self._slope * direction[2]
        a = direction[0] ** 2 + direction[1] ** 2 - change**2
        b = origin[0] * direction[0] + origin[1] * direction[1] - start * change
        c = origin[0] ** 2 + origin[1] ** 2 - start**2
        root = np.sqrt(np.maximum(b * b - a * c, 0))
        nearest = np.full(np.shape(a), np.inf, np.float32)
        for parameter in ((-b - root) / a, (-b + root) / a):
            height = origin[2] + parameter * direction[2]
            hit = (b * b >= a * c) & (np.abs(height) <= self.length)
            nearest = np.minimum(nearest, _hits_only(hit, parameter))
        for height, radius in ((-self.length, self.bottom), (self.length, self.top)):
            parameter = (height - origin[2]) / direction[2]
            away = (origin[0] + parameter * direction[0]) ** 2 + (origin[1] + parameter * direction[1]) ** 2
            nearest = np.minimum(nearest, _hits_only(away <= radius**2, parameter))
        return nearest

    def normal(self, point: np.ndarray) -> np.ndarray:
        """See :meth:`Shape.normal`."""
        away = np.hypot(point[0], point[1])
        side = np.stack([point[0], point[1], -self._slope * away])
        side = side / np.maximum(np.linalg.norm(side, axis=0), np.float32(1e-9))
        on_end = np.abs(point[2]) - self.length > away - self._radius(point[2])
        return np.where(on_end, _one_hot(np.int64(2), np.sign(point)), side)
