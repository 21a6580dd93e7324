"""Rooms: a deterministic renderer of furnished rooms with people in them."""

from .categories import ROOMS_CLASSES
from .rendering import RoomSample, render_room
from .writer import RoomsParameters, write_rooms

__all__ = ['ROOMS_CLASSES', 'RoomSample', 'RoomsParameters', 'render_room', 'write_rooms']
