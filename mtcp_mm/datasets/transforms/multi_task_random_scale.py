import mmcv
import numpy as np
from mmseg.registry import TRANSFORMS

from .arguments import check_range
from .base import TaskTransform


@TRANSFORMS.register_module()
class MultiTaskRandomScale(TaskTransform):
    """Resizes the image and all targets by a random factor.

    The defaults are the recipe of ATRC (Bruggemann et al., ICCV 2021), which InvPT and later papers also use. Follow it
    with :class:`MultiTaskRandomCrop`. Depth is divided by the factor s, since objects that look s times larger are s
    times nearer. Normals do not change.

    Args:
        scales: Range of the factor s > 0, sampled uniformly.

    Changed keys: ``img``, ``img_shape`` and ``pad_shape`` (height, width), ``gt_<field>``.

    Raises:
        ConfigError: The range is not two positive numbers with the lower first.
    """

    def __init__(self, scales: tuple[float, float] = (0.5, 2.0)) -> None:
        self.scales = check_range('scales of MultiTaskRandomScale', scales, above=0)

    def transform(self, results: dict) -> dict:
        """Resizes ``img`` and the targets."""
        factor = np.random.uniform(*self.scales)
        height, width = (max(1, round(length * factor)) for length in results['img'].shape[:2])
        results['img'] = mmcv.imresize(np.ascontiguousarray(results['img']), (width, height))
        self.change_targets(results, lambda task, target: task.resize(task.zoom(target, factor), height, width))
        results.update(img_shape=(height, width), pad_shape=(height, width))
        return results
