"""Label maps as PASCAL-Context has them."""

import cv2
import numpy as np

from .edges import object_boundaries, touching_objects
from .labelling import LabelMaps
from .pascal_classes import CONTEXT_IDS, SUBSTITUTE_IDS


def context_labels(labels: LabelMaps) -> np.ndarray:
    """The variable ``LabelMap`` of a PASCAL-Context file (Mottaghi et al., CVPR 2014), uint16 ``(H, W)``.

    The benchmark takes its edges from this map: where its Laplacian is not zero. So objects that touch in the image
    need different ids, and no pixel at a boundary may be just the mean of its neighbours. An object has its class's id
    if that will do, else that of a class which Rooms does not contain, one of :data:`SUBSTITUTE_IDS`.
    """
    objects = labels.objects
    category = np.zeros(int(objects.max()) + 1, np.uint8)
    category[objects] = labels.segmentation
    choices = {int(number): [CONTEXT_IDS[category[number]], *SUBSTITUTE_IDS] for number in np.unique(objects)}
    touching, boundaries = touching_objects(objects), object_boundaries(objects)
    while True:
        ids = _assign_ids(choices, touching)[objects]
        hidden = boundaries & (cv2.Laplacian(ids.astype(np.float64), cv2.CV_64F) == 0)
        if not hidden.any():
            return ids
        for number in np.unique(objects[hidden]):
            choices[number].remove(ids[objects == number][0])


def _assign_ids(choices: dict[int, list[int]], touching: np.ndarray) -> np.ndarray:
    """Gives each object in turn its first choice that no earlier one has which touches it, uint16 by number."""
    ids = np.zeros(max(choices) + 1, np.uint16)
    for number, choice in choices.items():
        near = ids[touching[touching[:, 0] == number, 1]]
        # Not next(): its StopIteration would end the writer's loop as if all were written.
        ids[number] = [one for one in choice if one not in near][0]
    return ids
