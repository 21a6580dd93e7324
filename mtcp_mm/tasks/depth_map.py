from pathlib import Path

import numpy as np
from mmseg.registry import TASK_UTILS
from torch import Tensor

from .errors import DataError
from .regression_map import RegressionMap
from .settings import check_number


@TASK_UTILS.register_module()
class DepthMap(RegressionMap):
    """Depth along the optical axis, in metres. Values that are not positive and finite are void.

    Args:
        name: See :class:`Task`.
        mean: Mean depth of the training set, in metres; the initial bias of the head.
        scale: Metres per file unit, such as 0.001 for 16-bit millimetres. Without it, floating-point files are in
            metres; a map with most of its depth beyond 1 km is then an error, and so is an integer file, because its
            unit is unknown.
        void_value: See :class:`RegressionMap`.
        **kwargs: See :class:`Task`.

    Raises:
        ConfigError: ``mean`` is negative or not a number, or ``scale`` is not positive.
    """

    void = 0.0
    metric_depth = True
    default_metrics = (dict(type='DepthErrors'),)
    cmap, unit = 'turbo_r', 'm'  # near is red, far is blue
    farthest = 1000.0
    """Metres. If most of a map is farther and the task has no scale, its unit is unclear."""

    def __init__(
        self,
        name: str,
        mean: float = 0.0,
        scale: float | None = None,
        void_value: float | None = None,
        **kwargs,
    ) -> None:
        super().__init__(name, channels=1, mean=mean, scale=scale, void_value=void_value, **kwargs)
        check_number(f'mean of task "{name}"', mean, least=0)

    def decode(self, values: np.ndarray, path: str | Path) -> np.ndarray:
        """Decodes depth into float32 metres (H, W), 0 where void.

        Raises:
            DataError: The array is not (H, W) or not numeric, or the task needs a scale and has none.
        """
        depth = super().decode(values, path)
        if self.scale is None and values.dtype.kind != 'f':
            raise DataError(
                f'{path}: integer depth up to {values.max()}, but task "{self.name}" has no scale, so the unit is '
                f'unknown: with scale=0.001 (millimetres) that is {values.max() / 1000:g} m, with scale=1 (metres) '
                f'{values.max()} m; set the scale of the task'
            )
        depth = np.where(depth > 0, depth, np.float32(self.void))
        if self.scale is None and 2 * np.count_nonzero(depth > self.farthest) > np.count_nonzero(depth):
            raise DataError(
                f'{path}: most of the depth is beyond {self.farthest:g} m, up to {depth.max():g}, but task '
                f'"{self.name}" has no scale; set scale=0.001 if the files are in millimetres, scale=1 if in metres'
            )
        return depth

    def zoom(self, target: np.ndarray, factor: float) -> np.ndarray:
        """Divides the depth by the factor, since objects that look larger are nearer."""
        return target / np.float32(factor)

    def valid(self, target: Tensor) -> Tensor:
        return (target > 0) & target.isfinite()
