"""Class ids of PASCAL VOC and PASCAL-Context for the objects in Rooms."""

import numpy as np

from mtcp_mm.dataset_tools.preparation.pascal_normals import KNOWN_CLASSES

from .categories import Category

VOC_CLASSES = {
    Category.CHAIR: ('chair', 9),
    Category.TABLE: ('table', 11),
    Category.PERSON: ('person', 15),
    Category.SOFA: ('sofa', 18),
    Category.TELEVISION: ('tvmonitor', 20),
}
"""Name in PASCAL-Part and VOC id of each category that is a VOC class. The others are background, 0."""

ROOMS_VOC_CLASSES = (0, *(number for _, number in VOC_CLASSES.values()))
"""The VOC ids that occur in Rooms, ascending."""

VOC_IDS = np.uint8([VOC_CLASSES.get(category, ('', 0))[1] for category in range(max(Category) + 1)])
"""VOC id by category."""

_CONTEXT_NAMES = {
    Category.WALL: 'wall', Category.FLOOR: 'floor', Category.CABINET: 'cabinet', Category.BED: 'bed',
    Category.CHAIR: 'chair', Category.SOFA: 'sofa', Category.TABLE: 'table', Category.DOOR: 'door',
    Category.WINDOW: 'window', Category.BOOKSHELF: 'shelves', Category.PICTURE: 'picture', Category.PILLOW: 'pillow',
    Category.FLOOR_MAT: 'rug', Category.CEILING: 'ceiling', Category.TELEVISION: 'tvmonitor',
    Category.PERSON: 'person', Category.LAMP: 'light',
}  # fmt: skip

CONTEXT_IDS = {Category.VOID: 0} | {category: KNOWN_CLASSES[name] for category, name in _CONTEXT_NAMES.items()}
"""PASCAL-Context id by category. In the benchmark, normals are valid for all of these classes."""

SUBSTITUTE_IDS = tuple(sorted(set(KNOWN_CLASSES.values()) - set(CONTEXT_IDS.values())))
"""PASCAL-Context ids of other classes with valid normals, which do not occur in Rooms."""
