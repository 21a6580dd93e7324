import mmcv
import numpy as np
from mmseg.registry import TRANSFORMS

from mtcp_mm.utils import ConfigError

from .arguments import check_size
from .base import TaskTransform


@TRANSFORMS.register_module()
class MultiTaskResize(TaskTransform):
    """Resizes the image bilinearly, and the targets as their tasks define.

    Args:
        scale: New size (width, height), as in MMSegmentation.
        keep_ratio: Whether to keep the aspect ratio. As in MMCV, the long and the short edge then do not exceed those
            of ``scale``.

    Changed keys: ``img``, ``img_shape`` and ``pad_shape`` (height, width), ``gt_<field>``.
    Added keys: ``scale_factor`` (for width and height), ``keep_ratio``.

    Raises:
        ConfigError: The size is not two positive integers, or ``keep_ratio`` is neither True nor False.
    """

    def __init__(self, scale: tuple[int, int], keep_ratio: bool = False) -> None:
        self.scale = check_size('scale of MultiTaskResize', scale)
        if not isinstance(keep_ratio, bool):
            raise ConfigError(f'keep_ratio of MultiTaskResize is {keep_ratio!r}; True or False is expected')
        self.keep_ratio = keep_ratio

    def transform(self, results: dict) -> dict:
        """Resizes ``img`` and the targets."""
        old_height, old_width = results['img'].shape[:2]
        width, height = self.scale
        if self.keep_ratio:
            width, height = mmcv.rescale_size((old_width, old_height), self.scale)
        if (width, height) != (old_width, old_height):
            results['img'] = mmcv.imresize(np.ascontiguousarray(results['img']), (width, height))
        self.change_targets(results, lambda task, target: task.resize(target, height, width))
        results.update(
            img_shape=(height, width),
            pad_shape=(height, width),
            scale_factor=(width / old_width, height / old_height),
            keep_ratio=self.keep_ratio,
        )
        return results
