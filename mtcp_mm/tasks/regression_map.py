from numbers import Integral
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
from .settings import check_number, is_number_within


@TASK_UTILS.register_module()
class RegressionMap(Task):
    """One or more numbers per pixel: disparity, albedo, confidence. A pixel with a non-finite number is void.

    Flips, zooms and rotations move the numbers but do not change them. If yours change, write a subclass, like
    :class:`DepthMap`.

    Args:
        name: See :class:`Task`.
        channels: Numbers per pixel. Files are (H, W) for 1 channel, (H, W, channels) for more.
        mean: Mean of the training set, in the unit of the map; the initial bias of the head.
        scale: Number per file unit, such as 1 / 256 for 16-bit files that store 256 times the number. 1 by default.
        void_value: File value of void pixels, besides non-finite values. A pixel is void if any channel has it.
        **kwargs: See :class:`Task`.

    Raises:
        ConfigError: An argument is invalid.
    """

    void = float('nan')
    encoding_settings = ('scale', 'void_value')
    default_loss = dict(type='MaskedL1Loss')
    default_metrics = (dict(type='RegressionErrors'),)
    cmap, unit = 'viridis', ''

    def __init__(
        self,
        name: str,
        channels: int = 1,
        mean: float = 0.0,
        scale: float | None = None,
        void_value: float | None = None,
        **kwargs,
    ) -> None:
        super().__init__(name, **kwargs)
        if not is_number_within(channels, least=1, kind=Integral):
            raise ConfigError(f'channels of task "{name}" is {channels!r}; a whole number from 1 on is expected')
        check_number(f'mean of task "{name}"', mean)
        if scale is not None:
            check_number(f'scale of task "{name}"', scale, above=0)
        if void_value is not None:
            check_number(f'void_value of task "{name}"', void_value)
        self.target_channels = channels
        self.mean = mean
        self.scale = scale
        self.void_value = void_value

    @property
    def channels(self) -> int:
        return self.target_channels

    @property
    def initial_bias(self) -> float:
        return self.mean

    def decode(self, values: np.ndarray, path: str | Path) -> np.ndarray:
        """Decodes numbers into float32 (H, W) or (H, W, channels). Void pixels are :attr:`void`.

        Raises:
            DataError: The array has another shape or is not numeric.
        """
        check_shape(path, values, self.target_channels)
        if values.dtype.kind not in 'fiu':
            raise DataError(f'{path}: a map of type {values.dtype}; save it as numbers')
        with np.errstate(over='ignore'):  # values beyond float32 become infinite, and so void
            numbers = values.astype(np.float32, copy=False)
            if self.scale is not None:
                numbers = numbers * np.float32(self.scale)
        known = np.isfinite(numbers)
        if self.void_value is not None:
            known &= values != self.void_value
        if self.target_channels > 1:
            known = known.all(-1, keepdims=True)
        return np.where(known, numbers, np.float32(self.void))

    def describe_encoding(self, dtype: np.dtype) -> str:
        void = '' if self.void_value is None else f', {self.void_value:g} void'
        return f'{1 if self.scale is None else self.scale:g} {self.unit}'.strip() + f' per unit{void}'

    def valid(self, target: Tensor) -> Tensor:
        return target.isfinite().all(-3, keepdim=True)

    def activate(self, logits: Tensor) -> Tensor:
        """Returns the logits: they are the predicted numbers."""
        return logits

    def baseline_statistics(self, target: Tensor) -> Tensor:
        """Returns the number of valid pixels and the sum of each channel: float64 (1 + channels,)."""
        numbers = target[:, self.valid(target)[0]].double()
        return torch.cat([numbers.new_tensor([numbers.shape[1]]), numbers.sum(1)])

    def baseline_prediction(self, total: Tensor) -> Tensor:
        """Returns the mean of each channel, 0 without valid pixels."""
        return (total[1:] / total[:1].clamp(min=1)).float()

    def draw(self, values: np.ndarray) -> Drawing:
        """Colours the numbers, or the vector lengths of several channels, from their 1st to their 99th percentile."""
        numbers, valid = self._lengths(values)
        return self._color(numbers, valid, *self._limits(numbers[valid]))

    def draw_after(self, values: np.ndarray, earlier: Drawing) -> Drawing:
        """Draws the next video frame. The range of the colour bar may grow but never shrinks."""
        numbers, valid = self._lengths(values)
        low, high = self._limits(numbers[valid])
        return self._color(numbers, valid, min(low, earlier.bar.low), max(high, earlier.bar.high))

    def _lengths(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the numbers to draw of a map (channels, H, W), float32 (H, W), and the mask of valid pixels."""
        values = values.astype(np.float32)
        numbers = values[0] if len(values) == 1 else np.linalg.norm(values, axis=0)
        return numbers, self.valid(torch.from_numpy(values))[0].numpy()

    def _limits(self, known: np.ndarray) -> tuple[float, float]:
        low, high = np.percentile(known, [1, 99]).tolist() if known.size else (0.0, 1.0)
        return low, max(high, low + 1e-3)

    def _color(self, numbers: np.ndarray, valid: np.ndarray, low: float, high: float) -> Drawing:
        colors = matplotlib.colormaps[self.cmap](np.clip((numbers - low) / (high - low), 0, 1))
        image = np.where(valid[..., None], colors[..., :3] * 255, 0).astype(np.uint8)
        return Drawing(image, bar=ColorBar(self.cmap, low, high, self.unit))
