"""Label maps in the format of PASCAL-Context."""

import cv2
import numpy as np

from .edges import object_boundaries, touching_objects
from .labelling import LabelMaps
from .pascal_classes import CONTEXT_IDS, SUBSTITUTE_IDS


def context_labels(labels: LabelMaps) -> np.ndarray:
    """Returns the variable ``LabelMap`` of a PASCAL-Context file (Mottaghi et al., CVPR 2014), uint16 ``(H, W)``.

    The benchmark computes edges from this map: they are where its Laplacian is not zero. So objects that touch in the
    image need different ids, and no boundary pixel may equal the mean of its neighbours. Each object gets the id of its
    class if possible, otherwise one of :data:`SUBSTITUTE_IDS`, classes that do not occur in Rooms.
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
    """Returns the id of each object, uint16 by object number.

    Objects are visited in order. Each gets its first choice that no touching object has yet.
    """
    ids = np.zeros(max(choices) + 1, np.uint16)
    for number, choice in choices.items():
        near = ids[touching[touching[:, 0] == number, 1]]
        # Not next(): its StopIteration would end the loop of the writer without an error.
        ids[number] = [label for label in choice if label not in near][0]
    return ids
