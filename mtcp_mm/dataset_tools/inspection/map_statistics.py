from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from torch import Tensor


class MapStatistics(ABC):
    """Sums over the maps of one task, of constant size. Sums of parts can be added."""

    @abstractmethod
    def add(self, target: Tensor, valid: Tensor, values: np.ndarray) -> None:
        """Adds a map.

        Args:
            target: The target (target_channels, H, W).
            valid: Where it is not void, bool (H, W).
            values: The array of its file, (H, W) or (H, W, channels).
        """

    @abstractmethod
    def merge(self, other: 'MapStatistics') -> None:
        """Adds the sums of another part, of the same task."""

    @abstractmethod
    def figures(self) -> dict[str, Any]:
        """Returns the figures as plain numbers by name; NaN where there is no valid pixel."""
