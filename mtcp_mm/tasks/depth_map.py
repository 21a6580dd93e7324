from pathlib import Path

import numpy as np
from mmseg.registry import TASK_UTILS
from torch import Tensor

from .errors import DataError
from .regression_map import RegressionMap
from .settings import check_number


@TASK_UTILS.register_module()
class DepthMap(RegressionMap):
    """Distance along the optical axis, in metres. What is not positive and finite is void.

    Args:
        name: See :class:`Task`.
        mean: Mean depth of the training set in metres. The bias of the head starts at it.
        scale: Metres per file unit, such as 0.001 for 16-bit millimetres. Without it files of floating-point numbers
            are in metres, unless most of a map would be beyond 1 km, which is refused. So are files of whole numbers,
            whose unit is not known.
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
    """In metres. If most of a map is farther, its unit is in doubt."""

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
        """Reads depth as float32 metres (H, W), 0 where void.

        Raises:
            DataError: The array is not (H, W), does not hold numbers, or the task needs a scale and has none.
        """
        depth = super().decode(values, path)
        if self.scale is None and values.dtype.kind != 'f':
            raise DataError(
                f'{path}: depth in whole numbers up to {values.max()}, and task "{self.name}" does not say their '
                f'unit: with scale=0.001 (millimetres) that is {values.max() / 1000:g} m, with scale=1 (metres) '
                f'{values.max()} m; give the task its scale'
            )
        depth = np.where(depth > 0, depth, np.float32(self.void))
        if self.scale is None and 2 * (depth > self.farthest).sum() > (depth > 0).sum():
            raise DataError(
                f'{path}: most of the depth is beyond {self.farthest:g} m, up to {depth.max():g}, and task '
                f'"{self.name}" has no scale; give it scale=0.001 if the files are in millimetres, scale=1 if in metres'
            )
        return depth

    def zoom(self, target: np.ndarray, factor: float) -> np.ndarray:
        """Divides: what looks larger is nearer."""
        return target / np.float32(factor)

    def valid(self, target: Tensor) -> Tensor:
        return (target > 0) & target.isfinite()
