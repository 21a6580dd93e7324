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
from .settings import check_number


@TASK_UTILS.register_module()
class DepthMap(Task):
    """Distance along the optical axis, in metres.

    Args:
        name: See :class:`Task`.
        mean: Mean depth of the training set in metres, at which the head's bias starts.
        scale: Metres a file unit (0.001 for 16-bit millimetres). Without it files of floating-point numbers are in
            metres, and refused are those of whole numbers, whose unit is not known, and those that would be beyond
            1 km for the most part.
        **kwargs: See :class:`Task`.

    Raises:
        ConfigError: The mean is negative or no number, or the scale not positive.
    """

    void = 0.0
    metric_depth = True
    reading_settings = ('scale',)
    headline = 'rmse'
    greater_is_better = False
    default_loss = dict(type='MaskedL1Loss')
    default_metrics = (dict(type='DepthErrors'),)
    cmap, unit = 'turbo_r', 'm'
    farthest = 1000.0
    """Metres: where most of a map is farther, its unit is in doubt."""

    def __init__(self, name: str, mean: float = 0.0, scale: float | None = None, **kwargs) -> None:
        super().__init__(name, **kwargs)
        check_number(f'mean of task "{name}"', mean, least=0)
        if scale is not None:
            check_number(f'scale of task "{name}"', scale, above=0)
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
            DataError: The array is not (H, W) of numbers, or the task has no scale and has to have one.
        """
        check_shape(path, values, 1)
        if values.dtype.kind not in 'fiu':
            raise DataError(f'{path}: depth of type {values.dtype}; save it as numbers')
        if self.scale is None and values.dtype.kind != 'f':
            raise DataError(
                f'{path}: depth in whole numbers up to {values.max()}, of which task "{self.name}" does not say the '
                f'unit: with scale=0.001 (millimetres) that is {values.max() / 1000:g} m, with scale=1 (metres) '
                f'{values.max()} m; give the task its scale'
            )
        with np.errstate(over='ignore'):  # Beyond float32 is infinite, and so void.
            depth = values.astype(np.float32) * np.float32(1 if self.scale is None else self.scale)
        depth = np.where(np.isfinite(depth) & (depth > 0), depth, np.float32(self.void))
        guessed = self.scale is None and self.metric_depth and depth.max() > self.farthest
        if guessed and 2 * (depth > self.farthest).sum() > (depth > 0).sum():
            raise DataError(
                f'{path}: most of the depth is beyond {self.farthest:g} m, up to {depth.max():g}, where task '
                f'"{self.name}" has no scale; give it scale=0.001 if the files are in millimetres, scale=1 if in metres'
            )
        return depth

    def reading(self, dtype: np.dtype) -> str:
        return f'{1 if self.scale is None else self.scale:g} {self.unit} a unit'

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
