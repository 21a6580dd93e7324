from collections.abc import Sequence

import mmcv
import numpy as np
from mmseg.registry import TRANSFORMS

from .arguments import check_numbers
from .base import TaskTransform


@TRANSFORMS.register_module()
class MultiTaskRandomZoom(TaskTransform):
    """Zooms in by a random factor: crops a random window and resizes it to the image size.

    Depth is divided by the factor s, since objects that look s times larger are s times nearer. Normals do not change.

    Args:
        factors: Factors s >= 1, one of which is chosen at random. The defaults are those of the NYUD recipe.

    Changed keys: ``img``, ``gt_<field>``.

    Raises:
        ConfigError: There is no factor, or one is below 1.
    """

    needs_equal_sizes = True

    def __init__(self, factors: Sequence[float] = (1.0, 1.2, 1.5)) -> None:
        self.factors = check_numbers('zoom factors of MultiTaskRandomZoom', factors, least=1)

    def transform(self, results: dict) -> dict:
        """Zooms into ``img`` and the targets."""
        factor = float(np.random.choice(self.factors))
        if factor == 1:
            return results
        height, width = results['img'].shape[:2]
        # faster than resizing first and cropping then, with the same result
        window = random_window(height, width, round(height / factor), round(width / factor))
        results['img'] = mmcv.imresize(np.ascontiguousarray(results['img'][window]), (width, height))
        self.change_targets(results, lambda task, target: task.resize(task.zoom(target[window], factor), height, width))
        return results


def random_window(height: int, width: int, window_height: int, window_width: int) -> tuple[slice, slice]:
    """Returns rows and columns of a random window. All positions are equally likely."""
    top = np.random.randint(height - window_height + 1)
    left = np.random.randint(width - window_width + 1)
    return slice(top, top + window_height), slice(left, left + window_width)
