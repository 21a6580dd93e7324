"""The salient objects of an image."""

import cv2
import numpy as np

from .categories import Category
from .edges import touching_objects
from .labelling import LabelMaps

_SMALLEST_PERSON = 0.005  # of the image; less is a sleeve at its rim
_SMALLEST_OBJECT = 0.01
_REACH = 0.4  # of the image's diagonal: how far colours are compared, and how wide its middle is
_BACKGROUND = (
    Category.VOID, Category.WALL, Category.FLOOR, Category.CEILING, Category.DOOR, Category.WINDOW, Category.FLOOR_MAT,
)  # fmt: skip


def salient_objects(image: np.ndarray, labels: LabelMaps) -> np.ndarray:
    """The people in an image, or the most prominent object where there is nobody.

    A person counts from half a percent of the image. Without any, it is the piece of furniture or decoration of at
    least one percent with the largest product of three measures: its colour's contrast to the other objects, nearer
    and larger ones first (the region contrast of Cheng et al., Global Contrast based Salient Region Detection, CVPR
    2011, with the objects as regions); how near it is to the middle; and the root of its area. To a bed or sofa belong
    the pillows that touch it.

    Args:
        image: RGB, uint8 ``(H, W, 3)``.
        labels: The image's label maps.

    Returns:
        uint8 ``(H, W)`` of 0 and 1; all 0 where no object is large enough.
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
    """Numbers of the pillows that touch a bed or sofa; none if it is something else."""
    pairs = touching_objects(objects)
    beside = np.setdiff1d(pairs[(pairs == number).any(axis=1)], number)
    return beside[(category[beside] == Category.PILLOW) & (category[number] in (Category.BED, Category.SOFA))]


def _prominence(image: np.ndarray, objects: np.ndarray) -> np.ndarray:
    """Contrast times centrality times the root of the area, by object number."""
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
