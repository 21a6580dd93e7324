"""The semantic classes of a room and the body parts of its people."""

from enum import Enum, IntEnum


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


class Part(Enum):
    """Body parts by their names in PASCAL-Part (Chen et al., CVPR 2014); left and right are the person's own."""

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
"""The body parts in the order in which maps number them; 0 is none."""

ROOMS_CLASSES = tuple(int(category) - 1 for category in Category if category)
"""The zero-based NYUD-40 classes (file value - 1) that occur in Rooms, ascending."""
