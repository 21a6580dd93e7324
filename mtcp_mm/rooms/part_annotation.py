"""Annotations of objects and body parts in the format of PASCAL-Part."""

from collections.abc import Sequence

import numpy as np

from .categories import BODY_PARTS
from .labelling import LabelMaps
from .pascal_classes import VOC_CLASSES

_OBJECT = ('class', 'class_ind', 'mask', 'parts')
_PART = ('part_name', 'mask')


def part_annotation(labels: LabelMaps, name: str) -> dict:
    """Returns the variable ``anno`` of a PASCAL-Part file (Chen et al., CVPR 2014) for ``savemat``.

    It lists the visible objects of VOC classes with their masks. People also have masks of their visible parts. Masks
    are uint8 ``(H, W)`` of 0 and 1.

    Args:
        labels: Label maps of the image.
        name: Name of the image.
    """
    objects = []
    for category, (label, number) in VOC_CLASSES.items():
        for index in np.unique(labels.objects[labels.segmentation == category]):
            mask = labels.objects == index
            objects.append((label, number, mask.astype(np.uint8), _parts(labels.body * mask)))
    return dict(imname=name, objects=_structures(_OBJECT, objects))


def _parts(body: np.ndarray) -> np.ndarray:
    """Returns the visible parts of an object as a struct array, from its map of body parts."""
    numbers = np.unique(body[body > 0])
    return _structures(_PART, [(BODY_PARTS[n].value, (body == n).astype(np.uint8)) for n in numbers])


def _structures(fields: Sequence[str], rows: Sequence[tuple]) -> np.ndarray:
    """Returns a MATLAB struct array ``(1, N)``, or ``(0, 0)`` if it is empty, as in the real files."""
    array = np.array(rows, dtype=[(field, object) for field in fields])
    return array.reshape(1, -1) if rows else array.reshape(0, 0)
