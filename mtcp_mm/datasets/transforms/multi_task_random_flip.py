import numpy as np
from mmseg.registry import TRANSFORMS

from mtcp_mm.tasks.settings import check_number

from .base import TaskTransform


@TRANSFORMS.register_module()
class MultiTaskRandomFlip(TaskTransform):
    """Mirrors the image and all targets left to right with some probability.

    Stock flips leave the values alone; here each task says what its values become (x of a normal changes its sign).

    Args:
        prob: Probability of mirroring.

    Added keys: ``flip``, ``flip_direction`` (``'horizontal'``, or None without a flip).

    Raises:
        ConfigError: The probability is not from 0 to 1.
    """

    def __init__(self, prob: float = 0.5) -> None:
        check_number('prob of MultiTaskRandomFlip', prob, least=0, most=1)
        self.prob = prob

    def transform(self, results: dict) -> dict:
        """Mirrors ``img`` and the targets at hand."""
        flip = bool(np.random.rand() < self.prob)
        results.update(flip=flip, flip_direction='horizontal' if flip else None)
        if flip:
            results['img'] = results['img'][:, ::-1]
            self.change_targets(results, lambda task, target: task.flip(target))
        return results
