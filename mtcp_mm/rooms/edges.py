"""Edges between the objects of an image."""

import numpy as np

from mtcp_mm.utils import thin


def object_boundaries(objects: np.ndarray) -> np.ndarray:
    """Pixels that have another object above, below, to the left or to the right.

    Args:
        objects: Number of the object that each pixel shows, ``(H, W)``.

    Returns:
        ``(H, W)`` booleans: lines at least two pixels wide, since both sides of a boundary have it.
    """
    boundaries = np.zeros(objects.shape, bool)
    across, down = objects[:, 1:] != objects[:, :-1], objects[1:] != objects[:-1]
    boundaries[:, 1:] |= across
    boundaries[:, :-1] |= across
    boundaries[1:] |= down
    boundaries[:-1] |= down
    return boundaries


def object_edges(objects: np.ndarray) -> np.ndarray:
    """Lines one pixel wide where one object ends and another begins.

    Two chairs have an edge between them where one stands before the other, as have a chair and a table: whatever jump
    in depth there is from object to object, it is an edge. Within an object there is none, wherever its depth jumps:
    an arm before the trunk, a shelf before its back. Boundaries are thinned as the PASCAL-Context benchmark thins
    those of its label maps (see :func:`mtcp_mm.utils.thin`).

    Args:
        objects: Number of the object that each pixel shows, ``(H, W)``.

    Returns:
        ``(H, W)`` booleans.
    """
    return thin(object_boundaries(objects))


def touching_objects(objects: np.ndarray) -> np.ndarray:
    """Which objects have adjacent pixels.

    Args:
        objects: Number of the object that each pixel shows, ``(H, W)``.

    Returns:
        Pairs of numbers, ``(K, 2)``, the larger one first.
    """
    across = np.stack([objects[:, 1:], objects[:, :-1]], axis=-1).reshape(-1, 2)
    down = np.stack([objects[1:], objects[:-1]], axis=-1).reshape(-1, 2)
    pairs = np.concatenate([across, down])
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    return np.stack([pairs.max(axis=1), pairs.min(axis=1)], axis=1)
