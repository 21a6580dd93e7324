"""Rendering images of rooms and their label maps."""

from dataclasses import dataclass

import numpy as np

from .exposure import expose
from .labelling import LabelMaps, render_labels
from .lighting import ambient_visibility, illuminate
from .room import Room, build_room
from .saliency import salient_objects
from .shapes import Quad
from .tracing import trace

SPLITS = ('train', 'val')


@dataclass(frozen=True)
class RoomSample(LabelMaps):
    """An image with its label maps.

    Args:
        image: RGB, uint8 ``(H, W, 3)``.
        saliency: Salient objects, uint8 ``(H, W)`` of 0 and 1; see :func:`salient_objects`.
    """

    image: np.ndarray
    saliency: np.ndarray


def render_room(seed: int, split: str, index: int, height: int, width: int) -> RoomSample:
    """Renders one image of the data set. The same arguments give the same arrays.

    Args:
        seed: Seed of the data set, 0 or more.
        split: ``'train'`` or ``'val'``.
        index: Index of the image in its split, from 0.
        height: Height of the image, pixels.
        width: Width of the image, pixels.

    Raises:
        ValueError: The split is unknown.
    """
    if split not in SPLITS:
        raise ValueError(f'Rooms has no split {split!r}; choose one of {", ".join(SPLITS)}.')
    rng = np.random.default_rng([seed, SPLITS.index(split), index])
    room = build_room(rng, height, width)
    image = expose(_light(room, rng), rng)
    labels = render_labels(room.primitives, room.camera)
    return RoomSample(**vars(labels), image=image, saliency=salient_objects(image, labels))


def _light(room: Room, rng: np.random.Generator) -> np.ndarray:
    """Computes linear light ``(3, 2H, 2W)`` at the sensor, with four samples per pixel."""
    camera = room.camera.supersampled(2)
    hits = trace(room.primitives, camera)
    points, normals = hits.points, np.zeros_like(hits.points)
    albedo = np.zeros_like(points)
    gloss, glow, shell = np.zeros((3, points.shape[1]), np.float32)
    for surface in hits.surfaces(room.primitives):
        pixels, material = surface.pixels, surface.primitive.material
        normals[:, pixels] = surface.primitive.axes @ surface.normal
        albedo[:, pixels] = material.albedo(surface.local, surface.normal)
        gloss[pixels], glow[pixels] = material.gloss, material.glow
        shell[pixels] = isinstance(surface.primitive.shape, Quad)
    view = camera.position[:, None] - points
    view /= np.linalg.norm(view, axis=0)
    free = ambient_visibility(points, normals, room.size, room.footprints, room.heights, np.flatnonzero(shell))
    sky_side = 0.85 + 0.25 * normals[2]
    light = np.float32(room.ambient)[:, None] * (free * sky_side) + glow
    shine = np.zeros_like(light)
    for lamp in room.lights:
        diffuse, highlight = illuminate(lamp, points, normals, view, room.primitives, rng)
        light += lamp.colour[:, None] * (diffuse * (0.35 + 0.65 * free))
        shine += lamp.colour[:, None] * highlight
    return (albedo * light + gloss * shine).reshape(3, *hits.depth.shape)
