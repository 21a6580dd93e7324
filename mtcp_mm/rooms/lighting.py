"""Lights and what they send to the surfaces of a room."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .primitive import Primitive
from .tracing import is_lit


@dataclass(frozen=True)
class Opening:
    """A window that light comes through.

    Args:
        centre: Its middle, ``(3,)`` metres.
        inward: Unit vector into the room, ``(3,)``.
        half: Half its width and height, metres.
    """

    centre: np.ndarray
    inward: np.ndarray
    half: tuple[float, float]

    def passed(self, points: np.ndarray, light: np.ndarray) -> np.ndarray:
        """Whether the way from each point ``(3, N)`` to the light ``(3,)`` goes through it."""
        to_light = light[:, None] - points
        share = (self.inward @ (self.centre[:, None] - points)) / (self.inward @ to_light)
        crossing = points + share * to_light - self.centre[:, None]
        right = np.float32([-self.inward[1], self.inward[0], 0])
        return (np.abs(right @ crossing) < self.half[0]) & (np.abs(crossing[2]) < self.half[1])


@dataclass(frozen=True)
class Light:
    """A ball that shines.

    Args:
        position: Its middle, ``(3,)`` metres.
        colour: What it sends to a surface that faces it, linear RGB ``(3,)``.
        distance: How far away that surface is, metres; the light falls off with the square.
        radius: Its size, which makes shadows soft, metres.
        facing: The unit direction ``(3,)`` it shines in, like a window; None: all around.
        opening: The window it must come through, if it is outside.
    """

    position: np.ndarray
    colour: np.ndarray
    distance: float
    radius: float
    facing: np.ndarray | None = None
    opening: Opening | None = None

    def received(self, points: np.ndarray, normals: np.ndarray, bearing: np.ndarray, away: np.ndarray) -> np.ndarray:
        """Share ``(N,)`` of :attr:`colour` that reaches surfaces nothing stands before."""
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
    """Direct light, shadows included.

    Args:
        light: The light.
        points: Surface points, ``(3, N)``.
        normals: Their unit normals, ``(3, N)``.
        view: Unit vectors towards the camera, ``(3, N)``.
        primitives: What may stand in the way.
        rng: Chooses the spot of the light that each point looks at.

    Returns:
        Diffuse light and the strength of highlights, each ``(N,)``, in units of its colour.
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
    """Ambient occlusion: how much surrounding light reaches each point. Corners and contacts are dark.

    Args:
        points: Surface points, ``(3, N)``.
        normals: Their unit normals, ``(3, N)``.
        size: Width, depth and height of the room, metres.
        footprints: Rectangles of what stands in it, ``(K, 4)``.
        heights: Its heights, ``(K,)``.
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
