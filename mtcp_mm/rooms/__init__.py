"""Rooms: a data set of furnished rooms with people, rendered deterministically."""

from .categories import ROOMS_CLASSES
from .pascal_classes import ROOMS_VOC_CLASSES
from .rendering import RoomSample, render_room
from .writer import LAYOUTS, RoomsParameters, write_rooms

__all__ = [
    'LAYOUTS', 'ROOMS_CLASSES', 'ROOMS_VOC_CLASSES', 'RoomSample', 'RoomsParameters', 'render_room', 'write_rooms',
]  # fmt: skip
