"""Building random rooms."""

from dataclasses import dataclass

import numpy as np

from . import surfaces
from .camera import PlacedCamera
from .categories import Category
from .fixtures import WINDOW_SILL, ceiling_lamp, door, picture, window
from .floor_plan import FloorPlan, Wall
from .furnishing import add_people, furnish
from .lighting import Light, Opening
from .materials import Material, hsv, plain
from .pieces import Piece, box
from .primitive import Primitive
from .shapes import Quad


@dataclass(frozen=True)
class Room:
    """A furnished room with lights and a camera.

    Args:
        primitives: All primitives, those of floor, ceiling and walls first.
        lights: The light sources.
        ambient: Ambient light, linear RGB ``(3,)``.
        camera: The camera.
        size: Width, depth and height, metres.
        footprints: Rectangles of the floor under furniture, ``(K, 4)`` metres.
        heights: Heights of the furniture, ``(K,)`` metres.
    """

    primitives: list[Primitive]
    lights: list[Light]
    ambient: np.ndarray
    camera: PlacedCamera
    size: tuple[float, float, float]
    footprints: np.ndarray
    heights: np.ndarray


def build_room(rng: np.random.Generator, height: int, width: int) -> Room:
    """Builds a random room with furniture, people, lights and a camera.

    Args:
        rng: Random generator for everything.
        height: Height of the image, pixels.
        width: Width of the image, pixels.
    """
    size = (rng.uniform(3.2, 5.4), rng.uniform(3.6, 6.0), rng.uniform(2.35, 2.9))
    camera = _camera(rng, size, (height, width))
    plan = FloorPlan(size[0], size[1], rng)
    x, y = camera.position[:2]
    plan.reserve((x - 0.6, y - 0.4, x + 0.6, y + 1.2))
    daylight = 0.0 if rng.random() < 0.2 else rng.uniform(0.4, 1.0)
    lights = _openings(rng, plan, daylight)
    furnish(rng, plan)
    add_people(rng, plan)
    for _ in range(int(rng.integers(1, 4))):
        piece = picture(rng)
        plan.hang_on_wall(piece, piece.height - 0.85)
    lamp = ceiling_lamp(rng, size[2])
    spot = np.array([rng.uniform(0.35, 0.65) * size[0], rng.uniform(0.45, 0.7) * size[1], 0])
    plan.primitives += [part.moved(spot, np.eye(3)) for part in lamp]
    if not lights or rng.random() < 0.7:
        lights.append(_lamp_light(rng, np.array([spot[0], spot[1], size[2] - 0.35])))
    warmth = hsv(rng.uniform(0.05, 0.15), rng.uniform(0, 0.25), 1.0)
    return Room(
        _shell(rng, size) + plan.primitives,
        lights,
        warmth * rng.uniform(0.3, 0.55),
        camera,
        size,
        np.float32(plan.footprints),
        np.float32(plan.heights),
    )


def _camera(rng: np.random.Generator, size: tuple[float, float, float], shape: tuple[int, int]) -> PlacedCamera:
    position = np.array([rng.uniform(0.2, 0.8) * size[0], rng.uniform(0.25, 0.7), rng.uniform(1.1, 1.8)])
    target = np.array([rng.uniform(0.2, 0.8) * size[0], rng.uniform(0.6, 0.95) * size[1], rng.uniform(0.4, 1.15)])
    return PlacedCamera.looking_at(position, target, rng.normal(0, 0.02), np.deg2rad(rng.uniform(58, 80)), shape)


def _shell(rng: np.random.Generator, size: tuple[float, float, float]) -> list[Primitive]:
    """Returns floor, ceiling and four walls with skirting boards. The back wall may have another material."""
    width, depth, height = size
    paint = surfaces.wall(rng)
    accent = surfaces.wall(rng) if rng.random() < 0.3 else paint
    middle = (width / 2, depth / 2)
    parts = [
        _quad((*middle, 0), (1, 0, 0), (0, 1, 0), (width, depth), surfaces.floor(rng), Category.FLOOR),
        _quad((*middle, height), (1, 0, 0), (0, -1, 0), (width, depth), surfaces.ceiling(rng), Category.CEILING),
    ]
    skirting = plain(rng)
    walls = FloorPlan(width, depth, rng).walls
    for wall, material in zip(walls, (accent, paint, paint, paint), strict=True):
        centre = wall.point(wall.length / 2, 0.0)
        parts.append(
            _quad(centre + [0, 0, height / 2], wall.right, (0, 0, 1), (wall.length, height), material, Category.WALL)
        )
    for wall in walls:
        board = Piece(
            [box((0, -0.006, 0.04), (wall.length, 0.012, 0.08), skirting, Category.WALL, casts_shadow=False)],
            wall.length,
            0.012,
            0.08,
        )
        parts += board.placed(wall.point(wall.length / 2, 0.0), wall.yaw)
    return parts


def _quad(
    centre: tuple[float, ...],
    right: tuple[float, ...],
    up: tuple[float, ...],
    size: tuple[float, float],
    material: Material,
    category: Category,
) -> Primitive:
    axes = np.float32(np.stack([right, up, np.cross(right, up)], axis=1))
    return Primitive(
        Quad((size[0] / 2, size[1] / 2, 0.0)), np.float32(centre), axes, material, category, casts_shadow=False
    )


def _openings(rng: np.random.Generator, plan: FloorPlan, daylight: float) -> list[Light]:
    """Places a door and windows. Returns the light through the first window."""
    if rng.random() < 0.8:
        plan.hang_on_wall(door(rng), 0.0, clearance=0.6)
    lights = []
    for _ in range(int(rng.integers(1, 3))):
        glazing = window(rng, daylight)
        place = plan.hang_on_wall(glazing, WINDOW_SILL - 0.05)
        if place is not None and daylight and not lights:
            lights = _daylight(rng, glazing, *place, daylight)
    return lights


def _daylight(rng: np.random.Generator, glazing: Piece, wall: Wall, along: float, daylight: float) -> list[Light]:
    """Returns the light of the sky, and sometimes of the sun, through a window at a position along a wall."""
    half = (glazing.width / 2 - 0.1, (glazing.height - WINDOW_SILL) / 2)
    centre = np.float32(wall.point(along, 0.0) + [0, 0, WINDOW_SILL + half[1]])
    inward = np.float32(wall.inward)
    sky = Light(centre + np.float32(0.3) * inward, np.float32([0.85, 0.95, 1.1]) * daylight, 1.8, 0.22, facing=inward)
    if rng.random() < 0.5:
        return [sky]
    low, aside = rng.uniform(0.35, 0.9), rng.uniform(-0.9, 0.9)
    towards = np.array([0, 0, np.sin(low)]) + np.cos(low) * (-np.cos(aside) * wall.inward + np.sin(aside) * wall.right)
    sun = Light(
        np.float32(centre + 30 * towards),
        np.float32([1.9, 1.7, 1.35]) * daylight,
        30.0,
        0.25,
        opening=Opening(centre, inward, half),
    )
    return [sky, sun]


def _lamp_light(rng: np.random.Generator, position: np.ndarray) -> Light:
    colour = hsv(rng.uniform(0.06, 0.14), rng.uniform(0.0, 0.4), 1.0) * rng.uniform(0.6, 1.1)
    return Light(np.float32(position), np.float32(colour), 2.0, 0.08)
