"""Light sources, and how they illuminate the surfaces of a room."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .primitive import Primitive
from .tracing import is_lit


@dataclass(frozen=True)
class Opening:
    """A window that light passes through.

    Args:
        centre: Centre, metres, ``(3,)``.
        inward: Unit vector into the room, ``(3,)``.
        half: Half of its width and of its height, metres.
    """

    centre: np.ndarray
    inward: np.ndarray
    half: tuple[float, float]

    def passed(self, points: np.ndarray, light: np.ndarray) -> np.ndarray:
        """Returns whether the segment from each point ``(3, N)`` to the light ``(3,)`` passes through the window."""
        to_light = light[:, None] - points
        share = (self.inward @ (self.centre[:, None] - points)) / (self.inward @ to_light)
        crossing = points + share * to_light - self.centre[:, None]
        right = np.float32([-self.inward[1], self.inward[0], 0])
        return (np.abs(right @ crossing) < self.half[0]) & (np.abs(crossing[2]) < self.half[1])


@dataclass(frozen=True)
class Light:
    """A spherical light source.

    Args:
        position: Centre, metres, ``(3,)``.
        colour: Light on a surface at ``distance`` that faces the source, linear RGB ``(3,)``.
        distance: Reference distance for ``colour``, metres. Light falls off with the square of the distance.
        radius: Radius, metres. Larger sources give softer shadows.
        facing: Unit direction ``(3,)`` of the light, as for a window; None for all directions.
        opening: The window that light from outside has to pass through.
    """

    position: np.ndarray
    colour: np.ndarray
    distance: float
    radius: float
    facing: np.ndarray | None = None
    opening: Opening | None = None

    def received(self, points: np.ndarray, normals: np.ndarray, bearing: np.ndarray, away: np.ndarray) -> np.ndarray:
        """Returns the fraction ``(N,)`` of :attr:`colour` that reaches unoccluded surfaces.

        Args:
            points: Surface points, ``(3, N)``.
            normals: Their unit normals, ``(3, N)``.
            bearing: Unit vectors from the points to the source, ``(3, N)``.
            away: Their distances to the source, metres, ``(N,)``.
        """
        share = np.maximum((normals * bearing).sum(axis=0), 0)
        share *= (self.distance / np.maximum(away, 0.5)) ** 2
        if self.facing is not None:
            share *= np.clip(0.15 - self.facing @ bearing, 0, 1)
        if self.opening is not None:
            share *= self.opening.passed(points, self.position)
        return share


def illuminate(
    light: Light,
    points: np.ndarray,
    normals: np.ndarray,
    view: np.ndarray,
    primitives: Sequence[Primitive],
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Computes direct light with shadows.

    Args:
        light: The light source.
        points: Surface points, ``(3, N)``.
        normals: Their unit normals, ``(3, N)``.
        view: Unit vectors towards the camera, ``(3, N)``.
        primitives: Primitives that may cast shadows.
        rng: Random generator: each point samples one spot of the source.

    Returns:
        Diffuse light and strength of the highlights, ``(N,)`` each, as fractions of the source's colour.
    """
    to_light = light.position[:, None] - points
    away = np.linalg.norm(to_light, axis=0)
    bearing = to_light / away
    diffuse = light.received(points, normals, bearing, away)
    lit = np.flatnonzero(diffuse > 1e-3)
    start = points[:, lit] + np.float32(2e-3) * normals[:, lit]
    spread = light.radius * (2 * rng.random((3, lit.size), dtype=np.float32) - 1)
    dark = lit[~is_lit(start, light.position, spread, primitives)]
    diffuse[dark] = 0
    half = bearing + view
    facing = (half * normals).sum(axis=0) / np.maximum(np.linalg.norm(half, axis=0), 1e-6)
    return diffuse, (diffuse > 0) * np.maximum(facing, 0) ** 50


def ambient_visibility(
    points: np.ndarray,
    normals: np.ndarray,
    size: Sequence[float],
    footprints: np.ndarray,
    heights: np.ndarray,
    shell: np.ndarray,
) -> np.ndarray:
    """Computes ambient occlusion: the fraction of ambient light that reaches each point. Corners are dark.

    Args:
        points: Surface points, ``(3, N)``.
        normals: Their unit normals, ``(3, N)``.
        size: Width, depth and height of the room, metres.
        footprints: Rectangles of the floor under furniture, ``(K, 4)`` metres.
        heights: Heights of the furniture, metres, ``(K,)``.
        shell: Indices of the points on floor, walls and ceiling.

    Returns:
        ``(N,)`` in (0, 1].
    """
    free = np.ones(points.shape[1], np.float32)
    for axis in range(3):
        for sign, gap in ((1, points[axis]), (-1, size[axis] - points[axis])):
            turned_away = 1 - np.maximum(sign * normals[axis], 0)
            free *= 1 - np.float32(0.38) * turned_away * np.exp(gap / np.float32(-0.28))
    bare = points[:, shell]
    for rectangle, height in zip(footprints, heights, strict=True):
        if height == 0:
            continue
        gap = [
            np.maximum(
                np.abs(bare[axis] - (rectangle[axis] + rectangle[axis + 2]) / 2)
                - (rectangle[axis + 2] - rectangle[axis]) / 2,
                0,
            )
            for axis in (0, 1)
        ]
        above = np.maximum(bare[2] - height, 0)
        nearness = np.exp((gap[0] + gap[1] + above) / np.float32(-0.14))
        free[shell] *= 1 - np.float32(0.5) * nearness
    return free
