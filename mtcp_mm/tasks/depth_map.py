from pathlib import Path

import matplotlib
import numpy as np
import torch
from mmseg.registry import TASK_UTILS
from torch import Tensor

from .base import Task
from .drawing import ColorBar, Drawing
from .errors import DataError
from .reading import check_shape


@TASK_UTILS.register_module()
class DepthMap(Task):
    """Distance along the optical axis, in metres.

    Args:
        mean: Mean depth of the training set in metres, at which the head's bias starts.
        scale: Metres a file unit (0.001 for 16-bit millimetres).
        **kwargs: See :class:`Task`.
    """

    void = 0.0
    metric_depth = True
    headline = 'rmse'
    greater_is_better = False
    default_loss = dict(type='DepthL1Loss')
    default_metrics = (dict(type='DepthErrors'),)
    cmap, unit = 'turbo_r', 'm'

    def __init__(self, name: str, mean: float = 0.0, scale: float = 1.0, **kwargs) -> None:
        super().__init__(name, **kwargs)
        self.mean = mean
        self.scale = scale

    @property
    def channels(self) -> int:
        return 1

    @property
    def initial_bias(self) -> float:
        return self.mean

    def decode(self, values: np.ndarray, path: str | Path) -> np.ndarray:
        """Reads depth as float32 metres (H, W); negative and non-finite values are void.

        Raises:
            DataError: The array is not (H, W) of numbers.
        """
        check_shape(path, values, 1)
        if values.dtype.kind not in 'fiu':
            raise DataError(f'{path}: depth of type {values.dtype}; save it as numbers')
        with np.errstate(over='ignore'):  # Beyond float32 is infinite, and so void.
            depth = values.astype(np.float32) * np.float32(self.scale)
        return np.where(np.isfinite(depth) & (depth > 0), depth, np.float32(self.void))

    def zoom(self, target: np.ndarray, factor: float) -> np.ndarray:
        """Divides: what looks larger is nearer."""
        return target / np.float32(factor)

    def valid(self, target: Tensor) -> Tensor:
        return (target > 0) & target.isfinite()

    def activate(self, raw: Tensor) -> Tensor:
        """Raw maps are metres already."""
        return raw

    def statistics(self, target: Tensor) -> Tensor:
        """Counts and sums the valid depths: float64 (2,)."""
        depth = target[self.valid(target)].double()
        return torch.stack([torch.ones_like(depth).sum(), depth.sum()])

    def constant(self, total: Tensor) -> Tensor:
        """Takes the mean depth, 0 without any."""
        return (total[1:] / total[:1].clamp(min=1)).float()

    def draw(self, values: np.ndarray) -> Drawing:
        """Colours near red and far blue, between the 1st and 99th percentile."""
        return self._color(values[0], *self._limits(values[0]))

    def draw_after(self, values: np.ndarray, earlier: Drawing) -> Drawing:
        """Draws the next frame of a video on a scale that only widens."""
        low, high = self._limits(values[0])
        return self._color(values[0], min(low, earlier.bar.low), max(high, earlier.bar.high))

    def _limits(self, depth: np.ndarray) -> tuple[float, float]:
        known = depth[np.isfinite(depth) & (depth > 0)].astype(np.float32)
        low, high = np.percentile(known, [1, 99]).tolist() if known.size else (0.0, 1.0)
        return low, max(high, low + 1e-3)

    def _color(self, depth: np.ndarray, low: float, high: float) -> Drawing:
        valid = np.isfinite(depth) & (depth > 0)
        colors = matplotlib.colormaps[self.cmap](np.clip((depth.astype(np.float32) - low) / (high - low), 0, 1))
        image = np.where(valid[..., None], colors[..., :3] * 255, 0).astype(np.uint8)
        return Drawing(image, bar=ColorBar(self.cmap, low, high, self.unit))
