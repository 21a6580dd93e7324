"""Edges from class maps."""

import numpy as np
from scipy.ndimage import binary_dilation, distance_transform_edt

from mtcp_mm.dataset_tools.preparation.pascal_boundaries import boundaries

GAP = 8
"""Pixels. The labels of NYU Depth V2 leave strips of void, at most about twice as wide, along objects."""


def edges_from_labels(labels: np.ndarray) -> np.ndarray:
    """Draws lines one pixel wide where two classes meet, also across a narrow strip of void.

    Args:
        labels: Classes (H, W), from 1 on; 0 void.

    Returns:
        uint8 (H, W), 0 or 255.
    """
    if not labels.any():
        return np.zeros(labels.shape, np.uint8)
    distance, nearest = distance_transform_edt(labels == 0, return_indices=True)
    void = distance > GAP
    edges = boundaries(np.where(void, 0, labels[tuple(nearest)])).astype(bool)
    # The end of the labels need not be an edge.
    return np.where(edges & ~binary_dilation(void, iterations=2), np.uint8(255), np.uint8(0))
