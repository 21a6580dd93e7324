"""A drawn map and its legend."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class ColorBar:
    """A colour bar: a colour map of matplotlib between two values.

    Args:
        cmap: Name of the colour map.
        low: Value of its first colour.
        high: Value of its last colour.
        unit: Unit of the values, empty if they have none.
    """

    cmap: str
    low: float
    high: float
    unit: str


@dataclass(frozen=True)
class Drawing:
    """A map as an image.

    Args:
        image: RGB image (H, W, 3), uint8. Void is black.
        entries: Legend: label and RGB colour of each visible class, the most frequent first, or of each axis direction.
        bar: Colour bar of a continuous map.
    """

    image: np.ndarray
    entries: tuple[tuple[str, tuple[int, int, int]], ...] = ()
    bar: ColorBar | None = None


def distinct_palette(count: int) -> np.ndarray:
    """Returns muted colours, each as far in CIELAB as possible from those before it.

    They also differ from black, the colour of void, and from white, the colour of the page.

    Args:
        count: Number of colours.

    Returns:
        RGB colours (count, 3), uint8.
    """
    levels = np.linspace(0, 1, 16, dtype=np.float32)
    rgb = np.stack(np.meshgrid(levels, levels, levels, indexing='ij'), -1).reshape(1, -1, 3)
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)[0]
    muted = (abs(lab[:, 0] - 60) < 25) & (np.hypot(lab[:, 1], lab[:, 2]) < 60)
    rgb, lab = rgb[0, muted], lab[muted]
    distance = np.minimum(np.linalg.norm(lab, axis=1), np.linalg.norm(lab - [100, 0, 0], axis=1))
    colors = np.zeros((count, 3), np.uint8)
    for i in range(count):
        farthest = distance.argmax()
        colors[i] = (rgb[farthest] * 255).round()
        distance = np.minimum(distance, np.linalg.norm(lab - lab[farthest], axis=1))
    return colors
