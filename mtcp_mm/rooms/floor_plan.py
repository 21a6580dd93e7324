"""Placement of pieces on the floor and the walls of a rectangular room."""

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
    """A wall, seen from inside the room.

    Args:
        start: Left corner on the floor, ``(x, y)`` metres.
        yaw: Rotation that turns the back of a piece to the wall, radians.
        length: Length, metres.
    """

    start: tuple[float, float]
    yaw: float
    length: float

    @property
    def inward(self) -> np.ndarray:
        """Unit vector ``(3,)`` from the wall into the room."""
        return np.array([np.sin(self.yaw), -np.cos(self.yaw), 0.0])

    @property
    def right(self) -> np.ndarray:
        """Unit vector ``(3,)`` along the wall, to the right."""
        return np.array([np.cos(self.yaw), np.sin(self.yaw), 0.0])

    def point(self, along: float, away: float) -> np.ndarray:
        """Returns the floor point ``(3,)`` at these distances in metres along the wall and away from it."""
        return np.array([*self.start, 0.0]) + along * self.right + away * self.inward


def walls_of(width: float, depth: float) -> list[Wall]:
    """Returns the back, left, right and front walls of a room. The front wall is behind the camera."""
    return [
        Wall((0.0, depth), 0.0, width),
        Wall((0.0, 0.0), np.pi / 2, depth),
        Wall((width, depth), -np.pi / 2, depth),
        Wall((width, 0.0), np.pi, width),
    ]


@dataclass
class FloorPlan:
    """Places pieces in a room so that they do not intersect.

    Args:
        width: Extent of the room along x, metres.
        depth: Extent of the room along y, metres.
        rng: Random generator for the positions.
        primitives: Primitives placed so far.
        footprints: Occupied rectangles of the floor, ``(x0, y0, x1, y1)`` metres.
        heights: Height of the piece on each footprint, metres.
    """

    width: float
    depth: float
    rng: np.random.Generator
    primitives: list[Primitive] = field(default_factory=list)
    footprints: list[Rectangle] = field(default_factory=list)
    heights: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Creates the walls, all of them free."""
        self.walls = walls_of(self.width, self.depth)
        self._patches: list[list[Rectangle]] = [[] for _ in self.walls]
        self._pieces = 0

    def reserve(self, rectangle: Rectangle) -> None:
        """Keeps a rectangle ``(x0, y0, x1, y1)`` of the floor free."""
        self.footprints.append(rectangle)
        self.heights.append(0.0)

    def stand_at_wall(self, piece: Piece, walls: Sequence[int] = (0, 0, 1, 2)) -> bool:
        """Places a piece on the floor with its back to a wall. Returns False if there is no space.

        Args:
            piece: The piece.
            walls: Indices of the walls to choose from. A repeated index is more likely.
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
        """Hangs a piece on a wall.

        Args:
            piece: The piece. Its height is that of its upper edge above the floor.
            bottom: Height of its lower edge above the floor, metres.
            walls: Indices of the walls to choose from. A repeated index is more likely.
            clearance: Depth of the floor in front of it to keep free, metres.

        Returns:
            The wall, and the position of the piece's middle along it in metres; None if there is no space.
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
        """Places a piece anywhere on the free floor. Returns False if there is no space."""
        return any(self._occupy(piece, place, yaw) for place in self._places())

    def lay_on_floor(self, piece: Piece, yaw: float) -> bool:
        """Lays a flat piece on the floor, possibly under furniture. Returns False if there is no space."""
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
