"""The semantic classes of a room and the body parts of its people."""

from enum import IntEnum


class Category(IntEnum):
    """NYUD-40 ids as they stand in a segmentation file (0 is void) of what Rooms contains."""

    VOID = 0
    WALL = 1
    FLOOR = 2
    CABINET = 3
    BED = 4
    CHAIR = 5
    SOFA = 6
    TABLE = 7
    DOOR = 8
    WINDOW = 9
    BOOKSHELF = 10
    PICTURE = 11
    PILLOW = 18
    FLOOR_MAT = 20
    CEILING = 22
    TELEVISION = 25
    PERSON = 31
    LAMP = 35


class Part(IntEnum):
    """Body parts, numbered as the PASCAL-Part benchmarks number them (0 is background)."""

    NONE = 0
    HEAD = 1
    TORSO = 2
    UPPER_ARM = 3
    LOWER_ARM = 4
    UPPER_LEG = 5
    LOWER_LEG = 6


ROOMS_CLASSES = tuple(int(category) - 1 for category in Category if category)
"""The zero-based NYUD-40 classes (file value - 1) that occur in Rooms, ascending."""
