"""Edges between the objects in an image."""

import numpy as np

from mtcp_mm.utils import thin


def object_boundaries(objects: np.ndarray) -> np.ndarray:
    """Returns the pixels with a neighbour (above, below, left or right) of another object.

    Args:
        objects: Object number of each pixel, ``(H, W)``.

    Returns:
        Bool ``(H, W)``. Boundaries are at least two pixels wide, since they include both sides.
    """
    boundaries = np.zeros(objects.shape, bool)
    across, down = objects[:, 1:] != objects[:, :-1], objects[1:] != objects[:-1]
    boundaries[:, 1:] |= across
    boundaries[:, :-1] |= across
    boundaries[1:] |= down
    boundaries[:-1] |= down
    return boundaries


def object_edges(objects: np.ndarray) -> np.ndarray:
    """Returns the boundaries between objects, one pixel wide.

    Edges are between objects, even of the same class, such as two overlapping chairs. There are none within an object,
    even where its depth jumps, such as between an arm and the body behind it. Boundaries are thinned as in the
    PASCAL-Context benchmark (see :func:`mtcp_mm.utils.thin`).

    Args:
        objects: Object number of each pixel, ``(H, W)``.

    Returns:
        Bool ``(H, W)``.
    """
    return thin(object_boundaries(objects))


def touching_objects(objects: np.ndarray) -> np.ndarray:
    """Returns the pairs of objects with adjacent pixels.

    Args:
        objects: Object number of each pixel, ``(H, W)``.

    Returns:
        Pairs of object numbers ``(K, 2)``, the larger one first.
    """
    across = np.stack([objects[:, 1:], objects[:, :-1]], axis=-1).reshape(-1, 2)
    down = np.stack([objects[1:], objects[:-1]], axis=-1).reshape(-1, 2)
    pairs = np.concatenate([across, down])
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    return np.stack([pairs.max(axis=1), pairs.min(axis=1)], axis=1)
