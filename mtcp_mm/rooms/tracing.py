"""Ray casting: the first hit of each ray, surface normals and shadows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .camera import PlacedCamera
from .primitive import Primitive


@dataclass(frozen=True)
class Surface:
    """The visible part of a primitive.

    Args:
        primitive: The primitive.
        pixels: Flat indices ``(M,)`` of the pixels that show it.
        local: The visible points in its local frame, metres, ``(3, M)``.
        normal: The unit normals there in its local frame, ``(3, M)``.
    """

    primitive: Primitive
    pixels: np.ndarray
    local: np.ndarray
    normal: np.ndarray


@dataclass(frozen=True)
class Hits:
    """The first hits of all camera rays.

    Args:
        depth: Depth along the optical axis, metres, ``(H, W)``; ``inf`` without a hit.
        index: Index of the visible primitive, ``(H, W)``; -1 without a hit.
        points: The hit points in the world, metres, ``(3, H * W)``; undefined without a hit.
    """

    depth: np.ndarray
    index: np.ndarray
    points: np.ndarray

    def surfaces(self, primitives: Sequence[Primitive]) -> Iterator['Surface']:
        """Yields the visible part of each primitive."""
        index = self.index.ravel()
        order = np.argsort(index, kind='stable')
        seen, starts = np.unique(index[order], return_index=True)
        for number, pixels in zip(seen, np.split(order, starts[1:]), strict=True):
            if number >= 0:
                local = primitives[number].to_local(self.points[:, pixels])
                normal = primitives[number].shape.normal(local)
                yield Surface(primitives[number], pixels, local, normal)


def trace(primitives: Sequence[Primitive], camera: PlacedCamera) -> Hits:
    """Casts one ray per pixel, testing each primitive only in its bounding window."""
    rays = camera.rays()
    depth = np.full((camera.height, camera.width), np.inf, np.float32)
    index = np.full(depth.shape, -1, np.int16)
    origin = camera.position[:, None]
    with np.errstate(all='ignore'):  # rays along an axis divide by zero, with a correct result
        for number, primitive in enumerate(primitives):
            window = camera.window(primitive.corners())
            part = rays[:, window[0], window[1]]
            if part.size == 0:
                continue
            entry = primitive.enter(origin, part.reshape(3, -1)).reshape(part.shape[1:])
            nearer = entry < depth[window]
            depth[window][nearer] = entry[nearer]
            index[window][nearer] = number
        points = origin + rays.reshape(3, -1) * depth.ravel()
    return Hits(depth, index, points)


def surface_normals(primitives: Sequence[Primitive], hits: Hits) -> np.ndarray:
    """Returns the world normals ``(3, H * W)`` of the visible surfaces, zero without a hit."""
    normals = np.zeros_like(hits.points)
    for surface in hits.surfaces(primitives):
        normals[:, surface.pixels] = surface.primitive.axes @ surface.normal
    return normals


def is_lit(points: np.ndarray, light: np.ndarray, spread: np.ndarray, primitives: Sequence[Primitive]) -> np.ndarray:
    """Returns whether light reaches points, given the primitives that cast shadows.

    Args:
        points: Surface points, slightly above their surface, ``(3, N)``.
        light: Centre of the light source, ``(3,)``.
        spread: Offset from the centre of the spot that each point samples, ``(3, N)``.
        primitives: The scene.

    Returns:
        Bool ``(N,)``.
    """
    reach = points - light[:, None]
    distance = np.linalg.norm(reach, axis=0)
    bearing = reach / distance
    margin = float(np.linalg.norm(spread, axis=0).max(initial=0))
    free = np.ones(points.shape[1], bool)
    rays = np.concatenate([points, light[:, None] + spread - points])
    with np.errstate(all='ignore'):
        for primitive in primitives:
            if not primitive.casts_shadow:
                continue
            near = np.flatnonzero(free & _inside_cone(primitive, light, bearing, distance, margin))
            start, to_light = np.split(np.take(rays, near, axis=1), 2)
            free[near[primitive.enter(start, to_light) < 1]] = False
    return free


def _inside_cone(
    primitive: Primitive, light: np.ndarray, bearing: np.ndarray, distance: np.ndarray, margin: float
) -> np.ndarray:
    """Returns which points may be in the shadow of the primitive's bounding sphere."""
    towards = primitive.centre - light
    away = float(np.linalg.norm(towards))
    radius = float(np.linalg.norm(primitive.shape.half)) + margin
    behind = distance > away - radius
    if radius < away:
        cosine = np.sqrt(1 - (radius / away) ** 2)
        behind &= np.float32(towards / away) @ bearing > np.float32(cosine)
    return behind
