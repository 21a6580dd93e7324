"""Edges from the label maps of PASCAL-Context."""

from pathlib import Path

import cv2
import numpy as np

from mtcp_mm.dataset_tools.matlab import read_mat
from mtcp_mm.tasks import DataError
from mtcp_mm.tasks.reading import check_shape
from mtcp_mm.utils import thin

MOST_PIXELS = 1 << 22
"""Pixels of a label map; images of VOC have a sixteenth of it."""


def read_label_map(path: str | Path) -> np.ndarray:
    """Reads the ``LabelMap`` (H, W) of a ``.mat`` file of PASCAL-Context (Mottaghi et al., CVPR 2014).

    Returns:
        int32 (H, W), classes 1 to 459.

    Raises:
        DataError: The file is damaged, or holds no map of numbers, or one of more than :data:`MOST_PIXELS`; the
            message names it.
    """
    labels = np.asarray(read_mat(path, 'LabelMap'))
    if labels.dtype.kind not in 'iuf':
        raise DataError(f'{path}: a LabelMap of type {labels.dtype}; numbers are expected')
    check_shape(path, labels, 1)
    if (labels != np.trunc(labels)).any():
        raise DataError(f'{path}: a LabelMap of {labels.dtype} with fractions; whole numbers are expected')
    check_pixels(path, labels)
    return labels.astype(np.int32)


def check_pixels(path: str | Path, labels: np.ndarray) -> None:
    """Checks that a label map has no more than :data:`MOST_PIXELS`; thinning a larger one could take hours.

    Raises:
        DataError: It has; the message names the file.
    """
    if labels.size > MOST_PIXELS:
        raise DataError(
            f'{path}: a label map of {"x".join(map(str, labels.shape))} pixels, and at most {MOST_PIXELS} are read; '
            'restore the file or remove its ID from the split'
        )


def boundaries(labels: np.ndarray) -> np.ndarray:
    """Draws where classes meet: the non-zero pixels of the label map's Laplacian, thinned.

    The edges that the multi-task literature trains on and scores (ASTMT, Multi-Task-Learning-PyTorch).

    Args:
        labels: Whole numbers (H, W).

    Returns:
        uint8 (H, W), 0 or 1.
    """
    return thin(cv2.Laplacian(labels.astype(np.float64), cv2.CV_64F) != 0).astype(np.uint8)
