"""Semantic classes of objects, and body parts of people."""

from enum import Enum, IntEnum


class Category(IntEnum):
    """The NYUD-40 classes that occur in Rooms, with their values in segmentation files (0 is void)."""

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


class Part(Enum):
    """Body parts with their names in PASCAL-Part (Chen et al., CVPR 2014). Left and right are the person's."""

    NONE = ''
    HEAD = 'head'
    NECK = 'neck'
    TORSO = 'torso'
    LEFT_UPPER_ARM = 'luarm'
    LEFT_LOWER_ARM = 'llarm'
    LEFT_HAND = 'lhand'
    RIGHT_UPPER_ARM = 'ruarm'
    RIGHT_LOWER_ARM = 'rlarm'
    RIGHT_HAND = 'rhand'
    LEFT_UPPER_LEG = 'luleg'
    LEFT_LOWER_LEG = 'llleg'
    LEFT_FOOT = 'lfoot'
    RIGHT_UPPER_LEG = 'ruleg'
    RIGHT_LOWER_LEG = 'rlleg'
    RIGHT_FOOT = 'rfoot'


BODY_PARTS = tuple(Part)
"""The body parts in the order of their indices in maps; index 0 is none."""

ROOMS_CLASSES = tuple(int(category) - 1 for category in Category if category)
"""Zero-based indices (file value - 1) of the NYUD-40 classes that occur in Rooms, ascending."""
