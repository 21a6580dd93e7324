import cv2
import numpy as np
from mmseg.registry import TRANSFORMS

from mtcp_mm.tasks.settings import check_number

from .base import TaskTransform


@TRANSFORMS.register_module()
class MultiTaskRandomFlip(TaskTransform):
    """Flips the image and all targets horizontally with some probability.

    Unlike other flips, it also changes values where a task requires it: x of a normal changes sign.

    Args:
        prob: Probability of a flip.

    Added keys: ``flip``, ``flip_direction`` (``'horizontal'``, or None without a flip).

    Raises:
        ConfigError: The probability is not in [0, 1].
    """

    def __init__(self, prob: float = 0.5) -> None:
        check_number('prob of MultiTaskRandomFlip', prob, least=0, most=1)
        self.prob = prob

    def transform(self, results: dict) -> dict:
        """Flips ``img`` and the targets."""
        flip = bool(np.random.rand() < self.prob)
        results.update(flip=flip, flip_direction='horizontal' if flip else None)
        if flip:
            results['img'] = cv2.flip(results['img'], 1)
            self.change_targets(results, lambda task, target: task.flip(target))
        return results
