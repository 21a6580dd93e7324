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
    """Yes or no for each pixel: saliency, edges.

    Targets are 1 (yes), 0 (no) or 255 (void). A prediction is the probability of yes.

    All files of a task are read in the same way, whatever values they hold. In numbers 0 is no, and more than half of
    ``yes_value`` is yes. Booleans are taken as they are.

    Args:
        name: See :class:`Task`.
        void_value: File value that means void, such as 255 beside 0 and 1. By default none does, since 255 is a yes
            in many files.
        yes_value: File value that means yes, the largest one apart from void: 1 if files hold 0 and 1, 255 if they
            hold 0 and 255, or grey values. By default it is 1 in files of floating-point numbers. In files of whole
            numbers it is 255, or 1 if ``void_value`` is 255, and any value other than it and 0 is refused, since it
            may mean anything.
        **kwargs: See :class:`Task`.

    Raises:
        ConfigError: ``void_value`` or ``yes_value`` is not valid, or they contradict each other.
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
        """Reads a mask as 0, 1 and 255 (void), uint8 (H, W); NaN is void.

        Raises:
            DataError: The array is not (H, W), or holds values that mean neither yes, no nor void.
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
        """Refuses what is neither yes nor no. ``known`` are the ``values`` of a file that are not void."""
        if not known.size:
            return
        low, high = known.min(), known.max()
        declared = self.yes_value is not None or known.dtype.kind not in 'iu'
        if low >= 0 and high <= yes and (declared or not ((known != 0) & (known != yes)).any()):
            return
        encodings = '; '.join(possible_encodings(values))
        remedy = f'set what is true of all its files: {encodings}' if encodings else 'correct the file, or set them'
        raise DataError(
            f'{path}: values from {low} to {high} ({values.dtype}) do not tell yes from no, since task '
            f'"{self.name}" has yes_value={self.yes_value} and void_value={self.void_value}; {remedy}'
        )

    def valid(self, target: Tensor) -> Tensor:
        return target != self.void

    def activate(self, logits: Tensor) -> Tensor:
        """Turns logits into probabilities."""
        return logits.sigmoid()

    def baseline_statistics(self, target: Tensor) -> Tensor:
        """Counts the valid pixels, and the positive ones among them: float64 (2,)."""
        positive = target[self.valid(target)].double()
        return torch.stack([torch.ones_like(positive).sum(), positive.sum()])

    def baseline_prediction(self, total: Tensor) -> Tensor:
        """Takes the share of positive pixels, 0 without any."""
        return (total[1:] / total[:1].clamp(min=1)).float()

    def draw(self, values: np.ndarray) -> Drawing:
        """Colours probabilities from dark blue (0) to white (1)."""
        probability = values[0].astype(np.float32)
        known = (probability >= 0) & (probability <= 1)
        colors = matplotlib.colormaps[self.cmap](np.where(known, probability, 0))
        image = np.where(known[..., None], colors[..., :3] * 255, 0).astype(np.uint8)
        return Drawing(image, bar=ColorBar(self.cmap, 0.0, 1.0, ''))


def possible_encodings(values: np.ndarray) -> Iterator[str]:
    """Says for each usual encoding that fits an array of numbers what the array would mean by it."""
    for yes, void in ((1, None), (1, 255), (255, None)):
        marked = np.zeros(values.shape, bool) if void is None else values == void
        known = values[~marked]
        if (void is None or marked.any()) and known.size and 0 <= known.min() and 0 < known.max() <= yes:
            setting = f'yes_value={yes}' + ('' if void is None else f', void_value={void}')
            share = f'{(known > yes / 2).sum() / values.size:.0%} yes'
            yield f'{setting} ({share}' + ('' if void is None else f', {marked.mean():.0%} void') + ')'
