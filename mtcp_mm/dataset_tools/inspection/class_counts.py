from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .map_statistics import MapStatistics


class ClassCounts(MapStatistics):
    """Numbers of pixels and of images of each class.

    Args:
        names: Names of the classes.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.pixels = np.zeros(len(names), np.int64)
        self.images = np.zeros(len(names), np.int64)

    def add(self, target: Tensor, valid: Tensor, values: np.ndarray) -> None:
        pixels = torch.bincount(target[0][valid], minlength=len(self.names)).numpy()
        self.pixels += pixels
        self.images += pixels > 0

    def merge(self, other: 'ClassCounts') -> None:
        self.pixels += other.pixels
        self.images += other.images

    def figures(self) -> dict[str, Any]:
        """Returns ``classes``: name, share of the valid pixels and number of images of each class."""
        shares = self.pixels / (self.pixels.sum() or np.nan)
        rows = zip(self.names, shares.tolist(), self.images.tolist(), strict=True)
        return dict(classes=[dict(name=name, share=share, images=images) for name, share, images in rows])
