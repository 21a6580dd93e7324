"""Ground truth of saliency."""

import cv2
import numpy as np

from .categories import Category
from .edges import touching_objects
from .labelling import LabelMaps

_SMALLEST_PERSON = 0.005  # share of the image; less may be a sleeve at the border
_SMALLEST_OBJECT = 0.01
_REACH = 0.4  # share of the image diagonal: scale of contrast and of centrality
_BACKGROUND = (
    Category.VOID, Category.WALL, Category.FLOOR, Category.CEILING, Category.DOOR, Category.WINDOW, Category.FLOOR_MAT,
)  # fmt: skip


def salient_objects(image: np.ndarray, labels: LabelMaps) -> np.ndarray:
    """Returns the salient objects: the people in an image, or the most prominent object if there are none.

    People need at least 0.5 % of the image, other objects 1 %. The most prominent object has the largest product of
    colour contrast, centrality and the square root of its area. Contrast is the region contrast of Cheng et al.
    (Global Contrast based Salient Region Detection, CVPR 2011), with objects as regions. A bed or sofa includes the
    pillows that touch it. Walls, floors, doors, windows and the like are never salient.

    Args:
        image: RGB, uint8 ``(H, W, 3)``.
        labels: Label maps of the image.

    Returns:
        uint8 ``(H, W)`` of 0 and 1; all 0 if no object is large enough.
    """
    objects = labels.objects
    area = np.bincount(objects.ravel()) / objects.size
    category = np.zeros(area.size, np.uint8)
    category[objects] = labels.segmentation
    salient = (category == Category.PERSON) & (area >= _SMALLEST_PERSON)
    candidates = np.flatnonzero((area >= _SMALLEST_OBJECT) & ~np.isin(category, _BACKGROUND))
    if not salient.any() and candidates.size:
        best = candidates[np.argmax(_prominence(image, objects)[candidates])]
        salient[[best, *_pillows_on(best, category, objects)]] = True
    return salient[objects].astype(np.uint8)


def _pillows_on(number: int, category: np.ndarray, objects: np.ndarray) -> np.ndarray:
    """Returns the numbers of the pillows that touch an object; none unless it is a bed or sofa."""
    pairs = touching_objects(objects)
    beside = np.setdiff1d(pairs[(pairs == number).any(axis=1)], number)
    return beside[(category[beside] == Category.PILLOW) & (category[number] in (Category.BED, Category.SOFA))]


def _prominence(image: np.ndarray, objects: np.ndarray) -> np.ndarray:
    """Returns contrast times centrality times the square root of the area, by object number."""
    height, width = objects.shape
    area = np.bincount(objects.ravel())
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    rows, columns = np.mgrid[:height, :width] / np.hypot(height, width)
    means = np.stack([_mean(values, objects, area) for values in (*np.moveaxis(lab, 2, 0), rows, columns)], axis=1)
    colour, place = means[:, :3], means[:, 3:]
    difference = np.linalg.norm(colour[:, None] - colour, axis=2)
    distance = np.linalg.norm(place[:, None] - place, axis=2)
    contrast = (difference * np.exp(-distance / _REACH)) @ area
    middle = np.array([height - 1, width - 1]) / 2 / np.hypot(height, width)
    centrality = np.exp(-np.square(np.linalg.norm(place - middle, axis=1) / _REACH))
    return contrast * centrality * np.sqrt(area)


def _mean(values: np.ndarray, objects: np.ndarray, area: np.ndarray) -> np.ndarray:
    return np.bincount(objects.ravel(), values.ravel()) / np.maximum(area, 1)
