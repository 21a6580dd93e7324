"""Free places on the floor and the walls of a rectangular room."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from .pieces import Piece
from .primitive import Primitive

_ATTEMPTS = 16
_GAP = 0.04

Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True)
class Wall:
    """One wall, seen from inside.

    Args:
        start: Its left corner on the floor, ``(x, y)`` metres.
        yaw: The turn that makes a piece stand with its back to it, radians.
        length: Its length, metres.
    """

    start: tuple[float, float]
    yaw: float
    length: float

    @property
    def inward(self) -> np.ndarray:
        """The unit vector ``(3,)`` from the wall into the room."""
        return np.array([np.sin(self.yaw), -np.cos(self.yaw), 0.0])

    @property
    def right(self) -> np.ndarray:
        """The unit vector ``(3,)`` along the wall."""
        return np.array([np.cos(self.yaw), np.sin(self.yaw), 0.0])

    def point(self, along: float, away: float) -> np.ndarray:
        """The floor point ``(3,)`` so far along the wall and away from it."""
        return np.array([*self.start, 0.0]) + along * self.right + away * self.inward


def walls_of(width: float, depth: float) -> list[Wall]:
    """The back, left and right walls of a room, and the front one behind the camera."""
    return [
        Wall((0.0, depth), 0.0, width),
        Wall((0.0, 0.0), np.pi / 2, depth),
        Wall((width, depth), -np.pi / 2, depth),
        Wall((width, 0.0), np.pi, width),
    ]


@dataclass
class FloorPlan:
    """Keeps what is placed from intersecting.

    Args:
        width: Extent of the room along x, metres.
        depth: Extent of the room along y, metres.
        rng: Chooses the places.
        primitives: What has been placed.
        footprints: Taken rectangles of the floor, ``(x0, y0, x1, y1)``.
        heights: Height of what stands on each footprint, metres.
    """

    width: float
    depth: float
    rng: np.random.Generator
    primitives: list[Primitive] = field(default_factory=list)
    footprints: list[Rectangle] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Divides the room's outline into walls, all of them free."""
        self.walls = walls_of(self.width, self.depth)
        self._patches: list[list[Rectangle]] = [[] for _ in self.walls]
        self._pieces = 0

    def reserve(self, rectangle: Rectangle) -> None:
        """Lets nothing stand within a rectangle ``(x0, y0, x1, y1)`` of the floor."""
        self.footprints.append(rectangle)
        self.heights.append(0.0)

    def stand_at_wall(self, piece: Piece, walls: Sequence[int] = (0, 0, 1, 2)) -> bool:
        """Stands a piece with its back to one of the walls; False if there is no room.

        Args:
            piece: What to place.
            walls: Indices of the walls to choose from, the likelier the more often named.
        """
        for number, along in self._candidates(piece, walls, 0.0):
            wall = self.walls[number]
            place = wall.point(along, piece.depth / 2 + 0.02)
            if self._occupy(piece, place, wall.yaw):
                self._patches[number].append(_patch(piece, along, 0.0))
                return True
        return False

    def hang_on_wall(
        self, piece: Piece, bottom: float, walls: Sequence[int] = (0, 0, 1, 2), clearance: float = 0.0
    ) -> tuple[Wall, float] | None:
        """Fixes a piece to one of the walls.

        Args:
            piece: What to place; its height is its upper edge.
            bottom: Its lower edge above the floor, metres.
            walls: Indices of the walls to choose from, the likelier the more often named.
            clearance: Depth of the floor before it that stays free, metres.

        Returns:
            The wall and how far along it the piece's middle is, or None if there is no room.
        """
        for number, along in self._candidates(piece, walls, bottom):
            wall = self.walls[number]
            before = _footprint(piece.width, clearance, wall.point(along, clearance / 2), wall.yaw)
            if clearance and not self._free(before):
                continue
            if clearance:
                self.reserve(before)
            self._patches[number].append(_patch(piece, along, bottom))
            self._add(piece, wall.point(along, 0.0), wall.yaw)
            return wall, along
        return None

    def place_anywhere(self, piece: Piece, yaw: float) -> bool:
        """Stands a piece anywhere on the free floor; False if there is no room."""
        return any(self._occupy(piece, place, yaw) for place in self._places())

    def lay_on_floor(self, piece: Piece, yaw: float) -> bool:
        """Lays a flat piece on the floor, under whatever stands there."""
        for place in self._places():
            if self._inside(_footprint(piece.width, piece.depth, place, yaw)):
                self._add(piece, place, yaw)
                return True
        return False

    def _candidates(self, piece: Piece, walls: Sequence[int], bottom: float) -> Iterator[tuple[int, float]]:
        for _ in range(_ATTEMPTS):
            number = int(self.rng.choice(walls))
            margin = piece.width / 2 + _GAP
            if self.walls[number].length < 2 * margin:
                continue
            along = self.rng.uniform(margin, self.walls[number].length - margin)
            patch = _patch(piece, along, bottom)
            if not any(_overlap(patch, other) for other in self._patches[number]):
                yield number, along

    def _places(self) -> Iterator[np.ndarray]:
        for _ in range(_ATTEMPTS):
            yield np.array([self.rng.uniform(0.12, 0.88) * self.width, self.rng.uniform(0.25, 0.9) * self.depth, 0.0])

    def _occupy(self, piece: Piece, place: np.ndarray, yaw: float) -> bool:
        footprint = _footprint(piece.width, piece.depth, place, yaw)
        if not (self._inside(footprint) and self._free(footprint)):
            return False
        self.footprints.append(footprint)
        self.heights.append(piece.height)
        self._add(piece, place, yaw)
        return True

    def _add(self, piece: Piece, place: np.ndarray, yaw: float) -> None:
        self.primitives += [primitive.in_group(self._pieces) for primitive in piece.placed(place, yaw)]
        self._pieces += 1

    def _inside(self, footprint: Rectangle) -> bool:
        return footprint[0] > 0 and footprint[1] > 0 and footprint[2] < self.width and footprint[3] < self.depth

    def _free(self, footprint: Rectangle) -> bool:
        return not any(_overlap(footprint, other) for other in self.footprints)


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    return (
        one[0] < other[2] + _GAP and other[0] < one[2] + _GAP and one[1] < other[3] + _GAP and other[1] < one[3] + _GAP
    )


def _patch(piece: Piece, along: float, bottom: float) -> Rectangle:
    return along - piece.width / 2, bottom, along + piece.width / 2, piece.height


def _footprint(width: float, depth: float, place: np.ndarray, yaw: float) -> Rectangle:
    cos, sin = abs(np.cos(yaw)), abs(np.sin(yaw))
    across = (width * cos + depth * sin) / 2
    along = (width * sin + depth * cos) / 2
    return place[0] - across, place[1] - along, place[0] + across, place[1] + along
