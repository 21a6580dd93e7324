"""Resizes an image and its maps for drawing."""

from collections.abc import Mapping

import cv2
import numpy as np

from mtcp_mm.tasks import Task


def shrink(
    image: np.ndarray, maps: Mapping[str, np.ndarray], tasks: Mapping[str, Task], height: int, width: int
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Shrinks an image (H, W, 3) and the map of each task, (H, W) or (H, W, 3), to (height, width)."""
    shrunk = {name: task.resize(maps[name], height, width) for name, task in tasks.items()}
    return resize_image(image, height, width), shrunk


def resize_image(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes an image to (height, width, 3): averages pixels to shrink it, repeats them to enlarge it."""
    shrinks = height * width < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
    return cv2.resize(np.ascontiguousarray(image), (width, height), interpolation=method)


def resize_drawing(drawing: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes a drawn map (H, W, 3) to (height, width, 3) without mixing its colours, which have meanings."""
    return cv2.resize(np.ascontiguousarray(drawing), (width, height), interpolation=cv2.INTER_NEAREST)
