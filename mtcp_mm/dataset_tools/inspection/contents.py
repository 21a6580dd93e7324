from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from torch import Tensor


class Contents(ABC):
    """Sums over the maps of one task, of a size that does not grow with their number; those of parts add up."""

    @abstractmethod
    def add(self, target: Tensor, valid: Tensor, values: np.ndarray) -> None:
        """Adds a map.

        Args:
            target: The target (target_channels, H, W).
            valid: Where it is not void, bool (H, W).
            values: The array of its file, (H, W) or (H, W, channels).
        """

    @abstractmethod
    def merge(self, other: 'Contents') -> None:
        """Adds what another one of the same task summed up."""

    @abstractmethod
    def figures(self) -> dict[str, Any]:
        """Returns the figures as plain numbers by name; NaN where there is no valid pixel."""
