from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from mmseg.registry import TASK_UTILS
from torch import Tensor

from .base import Task
from .class_sets import CLASS_SETS
from .drawing import Drawing, distinct_palette
from .errors import DataError
from .reading import check_shape


@TASK_UTILS.register_module()
class ClassMap(Task):
    """One class a pixel: semantic segmentation, human parts.

    Args:
        classes: The classes' names, or the key of a set in :data:`CLASS_SETS`.
        label_offset: Class = file value - offset. With 1, as in NYUD, file value 0 is void.
        palette: RGB colour of each class; by default a palette of distinct colours.
        **kwargs: See :class:`Task`.
    """

    void = 255
    headline = 'mIoU'
    greater_is_better = True
    default_loss = dict(type='PixelCrossEntropyLoss')
    default_metrics = (dict(type='MeanIoU'),)

    def __init__(
        self,
        name: str,
        classes: str | Sequence[str],
        label_offset: int = 0,
        palette: Sequence[Sequence[int]] | None = None,
        **kwargs,
    ) -> None:
        super().__init__(name, **kwargs)
        self.classes = class_names(classes)
        self.label_offset = label_offset
        self.palette = distinct_palette(self.channels) if palette is None else np.array(palette, np.uint8)

    @property
    def channels(self) -> int:
        return len(self.classes)

    def decode(self, values: np.ndarray, path: str | Path) -> np.ndarray:
        """Reads a class file; file value 255, and those below the offset, are void.

        Raises:
            DataError: Values are not whole numbers, or belong to no class.
        """
        check_shape(path, values, 1)
        if not np.issubdtype(values.dtype, np.integer):
            raise DataError(f'{path}: a class map of type {values.dtype}; save it as whole numbers')
        labels = values.astype(np.int64) - self.label_offset
        void = (values == self.void) | ((values >= 0) & (labels < 0))
        if ((labels < 0) | (labels >= self.channels))[~void].any():
            raise DataError(
                f'{path}: values from {values[~void].min()} to {values[~void].max()} where task "{self.name}" has '
                f'{self.channels} classes from {self.label_offset} on; correct the file, or classes and label_offset '
                'of the task'
            )
        labels[void] = self.void
        return labels.astype(np.int16)

    def largest_share(self, target: np.ndarray) -> float:
        """Returns the share of a target's labelled pixels that its commonest class has, 1 where all is void."""
        counts = np.bincount(target[target != self.void])
        return counts.max() / counts.sum() if counts.size else 1.0

    def to_tensor(self, target: np.ndarray) -> Tensor:
        """Turns a target (H, W) into an int64 tensor (1, H, W)."""
        return super().to_tensor(target).long()

    def valid(self, target: Tensor) -> Tensor:
        return target != self.void

    def activate(self, raw: Tensor) -> Tensor:
        """Takes the likeliest class."""
        return raw.argmax(-3, keepdim=True)

    def statistics(self, target: Tensor) -> Tensor:
        """Counts the pixels of each class: int64 (classes,)."""
        return torch.bincount(target[self.valid(target)], minlength=self.channels)

    def constant(self, total: Tensor) -> Tensor:
        """Takes the commonest class."""
        return total.argmax(0, keepdim=True)

    def draw(self, values: np.ndarray) -> Drawing:
        """Colours the classes."""
        labels = values[0].astype(int)
        inside = (labels >= 0) & (labels < self.channels)
        image = np.zeros((*labels.shape, 3), np.uint8)
        image[inside] = self.palette[labels[inside]]
        counts = torch.bincount(torch.from_numpy(labels[inside]), minlength=self.channels)
        seen = [c for c in counts.argsort(descending=True, stable=True).tolist() if counts[c]]
        return Drawing(image, entries=tuple((self.classes[c], tuple(self.palette[c].tolist())) for c in seen))


def class_names(classes: str | Sequence[str]) -> tuple[str, ...]:
    """Looks up the key of a class set; names pass through.

    Raises:
        ValueError: There is no such set.
    """
    if not isinstance(classes, str):
        return tuple(classes)
    if classes not in CLASS_SETS:
        raise ValueError(f'class set "{classes}" is not known; use one of {", ".join(CLASS_SETS)}, or list the names')
    return CLASS_SETS[classes]
