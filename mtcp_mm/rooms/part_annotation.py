"""Annotations of objects and body parts in the structure of PASCAL-Part."""

from collections.abc import Sequence

import numpy as np

from .categories import BODY_PARTS
from .labelling import LabelMaps
from .pascal_classes import VOC_CLASSES

_OBJECT = ('class', 'class_ind', 'mask', 'parts')
_PART = ('part_name', 'mask')


def part_annotation(labels: LabelMaps, name: str) -> dict:
    """The variable ``anno`` of a PASCAL-Part file (Chen et al., CVPR 2014), as ``savemat`` takes it.

    It lists what the image shows of VOC's classes, one object each with its visible mask; people with their visible
    parts, the others without. Masks are uint8 ``(H, W)`` of 0 and 1.

    Args:
        labels: The image's label maps.
        name: The image's name.
    """
    objects = []
    for category, (label, number) in VOC_CLASSES.items():
        for one in np.unique(labels.objects[labels.segmentation == category]):
            mask = labels.objects == one
            objects.append((label, number, mask.astype(np.uint8), _parts(labels.body * mask)))
    return dict(imname=name, objects=_structures(_OBJECT, objects))


def _parts(body: np.ndarray) -> np.ndarray:
    """The parts of one object, from its body map; a part that is hidden is left out."""
    numbers = np.unique(body[body > 0])
    return _structures(_PART, [(BODY_PARTS[n].value, (body == n).astype(np.uint8)) for n in numbers])


def _structures(fields: Sequence[str], rows: Sequence[tuple]) -> np.ndarray:
    """A MATLAB structure array ``(1, N)``; ``(0, 0)`` without any, as in the real files."""
    array = np.array(rows, dtype=[(field, object) for field in fields])
    return array.reshape(1, -1) if rows else array.reshape(0, 0)
