from typing import Any

import numpy as np
from torch import Tensor

from .map_statistics import MapStatistics
from .value_counts import ValueCounts

PERCENTS = (1, 5, 25, 50, 75, 95, 99)
TOLERANCE = 0.1


class ValueSums(MapStatistics):
    """Range and percentiles of each channel.

    Args:
        channels: Number of channels of a target.
    """

    def __init__(self, channels: int) -> None:
        self.channels = [ValueCounts() for _ in range(channels)]

    def add(self, target: Tensor, valid: Tensor, values: np.ndarray) -> None:
        for counts, channel in zip(self.channels, target, strict=True):
            counts.add(channel[valid].numpy())

    def merge(self, other: 'ValueSums') -> None:
        for mine, theirs in zip(self.channels, other.channels, strict=True):
            mine.merge(theirs)

    def figures(self) -> dict[str, Any]:
        """Returns ``values``, the statistics of each channel, and ``positives``, the share of 1 if all are 0 or 1."""
        figures = dict(values=[_range(counts) for counts in self.channels])
        first = self.channels[0]
        if len(self.channels) == 1 and first.share(0) + first.share(1) == 1:
            figures['positives'] = first.mean
        return figures


class VectorSums(ValueSums):
    """Statistics of vectors: as for numbers, and the share of vectors without unit length in the file.

    A length is wrong if it differs from 1 by more than 0.1. It is computed if the file has as many channels as the
    target: from floats as they are, from 8 bits as v = 2 x / 255 - 1.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.vectors = self.off = 0

    def add(self, target: Tensor, valid: Tensor, values: np.ndarray) -> None:
        super().add(target, valid, values)
        if values.shape == (*valid.shape, len(self.channels)) and values.dtype.kind in 'fu':
            vectors = values[valid.numpy()].astype(np.float64)
            vectors = vectors * (2 / 255) - 1 if values.dtype == np.uint8 else vectors
            self.vectors += len(vectors)
            self.off += int((abs(np.linalg.norm(vectors, axis=1) - 1) > TOLERANCE).sum())

    def merge(self, other: 'VectorSums') -> None:
        super().merge(other)
        self.vectors += other.vectors
        self.off += other.off

    def figures(self) -> dict[str, Any]:
        """Also returns ``off_length``, the share of vectors with a wrong length, NaN if no length is known."""
        return super().figures() | dict(off_length=self.off / self.vectors if self.vectors else np.nan)


def _range(counts: ValueCounts) -> dict[str, Any]:
    if not counts.number:
        return dict(min=np.nan, mean=np.nan, max=np.nan, percentiles={})
    percentiles = {str(percent): counts.percentile(percent) for percent in PERCENTS}
    return dict(min=counts.min, mean=counts.mean, max=counts.max, percentiles=percentiles)
