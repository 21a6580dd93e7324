from collections.abc import Sequence

import mmcv
import numpy as np
from mmseg.registry import TRANSFORMS

from .arguments import check_numbers
from .base import TaskTransform


@TRANSFORMS.register_module()
class MultiTaskRandomZoom(TaskTransform):
    """Zooms in by a random factor: crops a random window and enlarges it to the image's size.

    What looks s times larger is s times nearer, so depth is divided by s. Normals keep their values.

    Args:
        factors: Factors s >= 1, one of which is chosen at random. By default those of the NYUD recipe.

    Changed keys: ``img``, ``gt_<field>``.

    Raises:
        ConfigError: There is no factor, or one below 1.
    """

    needs_equal_sizes = True

    def __init__(self, factors: Sequence[float] = (1.0, 1.2, 1.5)) -> None:
        self.factors = check_numbers('zoom factors of MultiTaskRandomZoom', factors, least=1)

    def transform(self, results: dict) -> dict:
        """Zooms ``img`` and the targets at hand."""
        factor = float(np.random.choice(self.factors))
        if factor == 1:
            return results
        height, width = results['img'].shape[:2]
        # cropping before enlarging gives the same image as after, for a fraction of the work
        window = random_window(height, width, round(height / factor), round(width / factor))
        results['img'] = mmcv.imresize(np.ascontiguousarray(results['img'][window]), (width, height))
        self.change_targets(results, lambda task, target: task.resize(task.zoom(target[window], factor), height, width))
        return results


def random_window(height: int, width: int, window_height: int, window_width: int) -> tuple[slice, slice]:
    """Returns the rows and columns of a window, all places equally likely."""
    top = np.random.randint(height - window_height + 1)
    left = np.random.randint(width - window_width + 1)
    return slice(top, top + window_height), slice(left, left + window_width)
