from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
import torch
from mmseg.registry import TASK_UTILS
from torch import Tensor

from mtcp_mm.utils import ConfigError

from .base import Task
from .drawing import ColorBar, Drawing
from .errors import DataError
from .reading import check_shape
from .settings import check_number


@TASK_UTILS.register_module()
class BinaryMap(Task):
    """A binary mask: saliency, edges.

    Targets are 1 (yes), 0 (no) or 255 (void). Predictions are the probability of yes.

    All files of a task are decoded by the same rule, whatever values occur in them: values above half of ``yes_value``
    are yes, all others no. Booleans are used as they are.

    Args:
        name: See :class:`Task`.
        void_value: File value of void pixels, such as 255 in files with 0, 1 and 255. By default no value is void,
            since 255 means yes in many files.
        yes_value: File value of yes, the largest value except void: 1 for files with 0 and 1, 255 for files with 0
            and 255 or grey values. By default it is 1 in floating-point files. In integer files it is 255, or 1 if
            ``void_value`` is 255; any value other than it and 0 is then an error, because its meaning is unclear.
        **kwargs: See :class:`Task`.

    Raises:
        ConfigError: ``void_value`` or ``yes_value`` is invalid, or they contradict each other.
    """

    void = 255
    binary = True
    encoding_settings = ('void_value', 'yes_value')
    default_loss = dict(type='BalancedBCELoss')
    default_metrics = (dict(type='MaxF'),)
    cmap = 'Blues_r'

    def __init__(self, name: str, void_value: float | None = None, yes_value: float | None = None, **kwargs) -> None:
        super().__init__(name, **kwargs)
        if yes_value is not None:
            check_number(f'yes_value of task "{name}"', yes_value, above=0)
        if void_value is not None:
            check_number(f'void_value of task "{name}"', void_value)
            if void_value in (0, yes_value):
                meaning = 'yes, by yes_value' if void_value else 'no'
                raise ConfigError(f'void_value of task "{name}" is {void_value!r}, which means {meaning}; give another')
        self.void_value = void_value
        self.yes_value = yes_value

    @property
    def channels(self) -> int:
        return 1

    def decode(self, values: np.ndarray, path: str | Path) -> np.ndarray:
        """Decodes a mask into uint8 (H, W) with values 0, 1 and 255 (void). NaN is void.

        Raises:
            DataError: The array is not (H, W), or has a value that is neither yes, no nor void.
        """
        check_shape(path, values, 1)
        if values.dtype.kind not in 'biuf':
            raise DataError(f'{path}: a mask of type {values.dtype}; save it as booleans or numbers')
        void = np.isnan(values) if values.dtype.kind == 'f' else np.zeros(values.shape, bool)
        if self.void_value is not None:
            void |= values == self.void_value
        yes = self._yes_value(values.dtype)
        self._check_values(values[~void], yes, values, path)
        return np.where(void, self.void, values > yes / 2).astype(np.uint8)

    def describe_encoding(self, dtype: np.dtype) -> str:
        void = '' if self.void_value is None else f', {self.void_value:g} void'
        return f'yes above {self._yes_value(dtype) / 2:g}{void}'

    def _yes_value(self, dtype: np.dtype) -> float:
        if dtype.kind == 'b' or self.yes_value is None and dtype.kind == 'f':
            return 1
        if self.yes_value is not None:
            return self.yes_value
        return 1 if self.void_value == 255 else 255

    def _check_values(self, known: np.ndarray, yes: float, values: np.ndarray, path: str | Path) -> None:
        """Raises a DataError if the non-void values of a file (``known``) are neither yes nor no."""
        if not known.size:
            return
        low, high = known.min(), known.max()
        declared = self.yes_value is not None or known.dtype.kind not in 'iu'
        if low >= 0 and high <= yes and (declared or not ((known != 0) & (known != yes)).any()):
            return
        encodings = '; '.join(possible_encodings(values))
        remedy = (
            f'choose the settings that fit all its files: {encodings}'
            if encodings
            else 'correct the file or the settings'
        )
        raise DataError(
            f'{path}: values from {low} to {high} ({values.dtype}) are not all yes, no or void: task '
            f'"{self.name}" has yes_value={self.yes_value} and void_value={self.void_value}; {remedy}'
        )

    def valid(self, target: Tensor) -> Tensor:
        return target != self.void

    def activate(self, logits: Tensor) -> Tensor:
        """Applies the sigmoid: logits to probabilities."""
        return logits.sigmoid()

    def baseline_statistics(self, target: Tensor) -> Tensor:
        """Returns the numbers of valid and of positive pixels: float64 (2,)."""
        positive = target[self.valid(target)].double()
        return torch.stack([torch.ones_like(positive).sum(), positive.sum()])

    def baseline_prediction(self, total: Tensor) -> Tensor:
        """Returns the share of positive pixels, 0 without valid pixels."""
        return (total[1:] / total[:1].clamp(min=1)).float()

    def draw(self, values: np.ndarray) -> Drawing:
        """Colours probabilities from dark blue (0) to white (1)."""
        probability = values[0].astype(np.float32)
        known = (probability >= 0) & (probability <= 1)
        colors = matplotlib.colormaps[self.cmap](np.where(known, probability, 0))
        image = np.where(known[..., None], colors[..., :3] * 255, 0).astype(np.uint8)
        return Drawing(image, bar=ColorBar(self.cmap, 0.0, 1.0, ''))


def possible_encodings(values: np.ndarray) -> Iterator[str]:
    """Yields the common encodings that fit an array, with the shares of yes and void pixels under each."""
    for yes, void in ((1, None), (1, 255), (255, None)):
        marked = np.zeros(values.shape, bool) if void is None else values == void
        known = values[~marked]
        if (void is None or marked.any()) and known.size and 0 <= known.min() and 0 < known.max() <= yes:
            setting = f'yes_value={yes}' + ('' if void is None else f', void_value={void}')
            share = f'{(known > yes / 2).sum() / values.size:.0%} yes'
            yield f'{setting} ({share}' + ('' if void is None else f', {marked.mean():.0%} void') + ')'
