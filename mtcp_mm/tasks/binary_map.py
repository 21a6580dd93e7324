from pathlib import Path

import matplotlib
import numpy as np
import torch
from mmseg.registry import METRICS, TASK_UTILS
from torch import Tensor

from mtcp_mm.utils import resolve_type

from .base import Task
from .drawing import ColorBar, Drawing
from .errors import DataError
from .reading import check_shape


@TASK_UTILS.register_module()
class BinaryMap(Task):
    """Whether a pixel is of the one kind that is looked for: saliency, edges.

    Targets are 1 (yes), 0 (no) or 255 (void); the prediction is the probability of yes.

    Args:
        name: See :class:`Task`.
        void_value: File value that means void, such as 255 beside 0 and 1. By default none does, since 255 is a yes
            in many files.
        headline: Measure by which the task is judged. By default that of its first metric: ``maxF`` of ``MaxF``,
            ``odsF`` of ``BoundaryF``.
        **kwargs: See :class:`Task`.

    Raises:
        ValueError: The first metric is another one, and no headline is given.
    """

    void = 255
    headline = 'maxF'
    greater_is_better = True
    headlines = {'MaxF': 'maxF', 'BoundaryF': 'odsF'}
    """Headline measure by metric."""
    default_loss = dict(type='BalancedBCELoss')
    default_metrics = (dict(type='MaxF'),)
    cmap = 'Blues_r'

    def __init__(self, name: str, void_value: float | None = None, headline: str | None = None, **kwargs) -> None:
        super().__init__(name, **kwargs)
        self.void_value = void_value
        self.headline = headline or self._default_headline()

    def _default_headline(self) -> str:
        metric = resolve_type(self.metrics[0], METRICS).__name__ if self.metrics else 'MaxF'
        if metric not in self.headlines:
            raise ValueError(
                f'task "{self.name}": of metric {metric} no headline is known; name one of its measures as the '
                "task's headline"
            )
        return self.headlines[metric]

    @property
    def channels(self) -> int:
        return 1

    def decode(self, values: np.ndarray, path: str | Path) -> np.ndarray:
        """Reads a mask as 0, 1 and 255 (void), uint8 (H, W).

        Whole numbers up to 1 are taken as they are, up to 255 as grey values of which more than half of 255 is a yes.
        In a file of floating-point numbers from 0 to 1 more than 0.5 is a yes, and NaN is void.

        Raises:
            DataError: The array is not (H, W), or its values are none of these.
        """
        check_shape(path, values, 1)
        if values.dtype.kind not in 'biuf':
            raise DataError(f'{path}: a mask of type {values.dtype}; booleans or numbers are expected')
        void = np.isnan(values) if values.dtype.kind == 'f' else np.zeros(values.shape, bool)
        if self.void_value is not None:
            void |= values == self.void_value
        known = values[~void]
        low, high = (known.min(), known.max()) if known.size else (0, 0)
        limit = 255 if values.dtype.kind in 'iu' else 1
        if low < 0 or high > limit:
            raise DataError(
                f'{path}: values from {low} to {high} where a mask in {values.dtype} has 0 to {limit}; correct the '
                f'file, or give void_value of task "{self.name}" if it marks void so'
            )
        return np.where(void, self.void, values > (0.5 if high <= 1 else 127.5)).astype(np.uint8)

    def valid(self, target: Tensor) -> Tensor:
        return target != self.void

    def activate(self, raw: Tensor) -> Tensor:
        """Turns logits into probabilities."""
        return raw.sigmoid()

    def statistics(self, target: Tensor) -> Tensor:
        """Counts the valid pixels, and the positive ones among them: float64 (2,)."""
        positive = target[self.valid(target)].double()
        return torch.stack([torch.ones_like(positive).sum(), positive.sum()])

    def constant(self, total: Tensor) -> Tensor:
        """Takes the share of positive pixels, 0 without any."""
        return (total[1:] / total[:1].clamp(min=1)).float()

    def draw(self, values: np.ndarray) -> Drawing:
        """Colours probabilities from dark blue (0) to white (1)."""
        probability = values[0].astype(np.float32)
        known = (probability >= 0) & (probability <= 1)
        colors = matplotlib.colormaps[self.cmap](np.where(known, probability, 0))
        image = np.where(known[..., None], colors[..., :3] * 255, 0).astype(np.uint8)
        return Drawing(image, bar=ColorBar(self.cmap, 0.0, 1.0, ''))
