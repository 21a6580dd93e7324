from collections.abc import Sequence

import mmcv
import numpy as np
from mmseg.registry import TRANSFORMS

from mtcp_mm.tasks import Task

from .arguments import check_numbers, check_range
from .base import TaskTransform


@TRANSFORMS.register_module()
class MultiTaskRandomRotateScale(TaskTransform):
    """Rotates and scales the image and all targets about the image centre, in one warp. The size does not change.

    The defaults are the PASCAL-Context recipe of ASTMT (Maninis et al., CVPR 2019), which Multi-Task-Learning-PyTorch
    and MT-CP follow. The image is resampled bilinearly, targets by nearest neighbour. Target pixels from outside the
    image are void. Depth is divided by the scale s, since objects that look s times larger are s times nearer. Normals
    rotate with the image.

    Args:
        angles: Range of the angle in degrees, counter-clockwise, sampled uniformly.
        scales: Range of the scale s > 0, sampled uniformly.
        pad_val: Colour of image pixels from outside the image, in BGR order. Black by default, as in the recipe. To pad
            like the data preprocessor, use its ``mean`` in BGR order.

    Changed keys: ``img``, ``gt_<field>``.

    Raises:
        ConfigError: A range is not two numbers with the lower first, a scale is not positive, or the colour is not
            three numbers from 0 to 255.
    """

    needs_equal_sizes = True

    def __init__(
        self,
        angles: tuple[float, float] = (-20, 20),
        scales: tuple[float, float] = (0.75, 1.25),
        pad_val: Sequence[float] = (0, 0, 0),
    ) -> None:
        self.angles = check_range('angles of MultiTaskRandomRotateScale', angles)
        self.scales = check_range('scales of MultiTaskRandomRotateScale', scales, above=0)
        self.pad_val = check_numbers('pad_val of MultiTaskRandomRotateScale', pad_val, 3, least=0, most=255)

    def transform(self, results: dict) -> dict:
        """Rotates and scales ``img`` and the targets."""
        angle = np.random.uniform(*self.angles)
        factor = np.random.uniform(*self.scales)

        def warp(array: np.ndarray, interpolation: str, outside: Sequence[float]) -> np.ndarray:
            array = np.ascontiguousarray(array)
            # MMCV counts angles clockwise
            return mmcv.imrotate(array, -angle, scale=factor, interpolation=interpolation, border_value=outside)

        def change(task: Task, target: np.ndarray) -> np.ndarray:
            warped = warp(target, 'nearest', (task.void,) * 3)
            return task.rotate(task.zoom(warped, factor), angle)

        results['img'] = warp(results['img'], 'bilinear', self.pad_val)
        self.change_targets(results, change)
        return results
