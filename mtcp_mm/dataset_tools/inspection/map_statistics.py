from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from torch import Tensor


class MapStatistics(ABC):
    """Statistics of the maps of one task, in constant memory. Those of different parts can be merged."""

    @abstractmethod
    def add(self, target: Tensor, valid: Tensor, values: np.ndarray) -> None:
        """Adds a map.

        Args:
            target: The target (target_channels, H, W).
            valid: Mask of its valid pixels, bool (H, W).
            values: The array in its file, (H, W) or (H, W, channels).
        """

    @abstractmethod
    def merge(self, other: 'MapStatistics') -> None:
        """Adds the statistics of other maps of the task."""

    @abstractmethod
    def figures(self) -> dict[str, Any]:
        """Returns the statistics by name, as plain numbers. NaN without valid pixels."""
