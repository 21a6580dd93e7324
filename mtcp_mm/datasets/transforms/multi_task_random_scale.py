import mmcv
import numpy as np
from mmseg.registry import TRANSFORMS

from .arguments import check_range
from .base import TaskTransform


@TRANSFORMS.register_module()
class MultiTaskRandomScale(TaskTransform):
    """Scales the image and all targets by a random factor, and so changes their size.

    The defaults are the recipe of ATRC (Bruggemann et al., ICCV 2021), which InvPT and its successors share. Put a
    :class:`MultiTaskRandomCrop` behind it. What looks s times larger is s times nearer, so depth is divided by s.
    Normals keep their values.

    Args:
        scales: Lowest and highest factor s > 0 of a uniform distribution.

    Changed keys: ``img``, ``img_shape`` and ``pad_shape`` (height, width), ``gt_<field>``.

    Raises:
        ConfigError: The factors are not two numbers above 0, the lower first.
    """

    def __init__(self, scales: tuple[float, float] = (0.5, 2.0)) -> None:
        self.scales = check_range('scales of MultiTaskRandomScale', scales, above=0)

    def transform(self, results: dict) -> dict:
        """Scales ``img`` and the targets at hand."""
        factor = np.random.uniform(*self.scales)
        height, width = (max(1, round(length * factor)) for length in results['img'].shape[:2])
        results['img'] = mmcv.imresize(np.ascontiguousarray(results['img']), (width, height))
        self.change_targets(results, lambda task, target: task.resize(task.zoom(target, factor), height, width))
        results.update(img_shape=(height, width), pad_shape=(height, width))
        return results
