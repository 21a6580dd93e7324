import numpy as np
from mmseg.registry import TRANSFORMS

from mtcp_mm.tasks.settings import check_number

from .base import TaskTransform


@TRANSFORMS.register_module()
class MultiTaskRandomFlip(TaskTransform):
    """Flips the image and all targets horizontally with some probability.

    Other flips leave the values as they are. Here each task changes its own: x of a normal changes its sign.

    Args:
        prob: Probability of a flip.

    Added keys: ``flip``, ``flip_direction`` (``'horizontal'``, or None without a flip).

    Raises:
        ConfigError: The probability is not from 0 to 1.
    """

    def __init__(self, prob: float = 0.5) -> None:
        check_number('prob of MultiTaskRandomFlip', prob, least=0, most=1)
        self.prob = prob

    def transform(self, results: dict) -> dict:
        """Flips ``img`` and the targets at hand."""
        flip = bool(np.random.rand() < self.prob)
        results.update(flip=flip, flip_direction='horizontal' if flip else None)
        if flip:
            results['img'] = results['img'][:, ::-1]
            self.change_targets(results, lambda task, target: task.flip(target))
        return results
