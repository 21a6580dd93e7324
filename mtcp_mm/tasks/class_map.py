from collections.abc import Sequence
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmseg.registry import TASK_UTILS
from torch import Tensor

from mtcp_mm.utils import ConfigError

from .base import Task
from .class_sets import CLASS_SETS, PALETTES
from .drawing import Drawing, distinct_palette
from .errors import DataError
from .reading import check_shape
from .settings import check_class_weights


@TASK_UTILS.register_module()
class ClassMap(Task):
    """One class per pixel: semantic segmentation, human parts.

    Args:
        name: See :class:`Task`.
        classes: Names of the classes, at least two, or a key of :data:`CLASS_SETS`.
        label_offset: Class index = file value - offset. With offset 1, as in NYUD, file value 0 is void.
        palette: RGB colour of each class, 0 to 255. Defaults to the palette of the class set, or to distinct colours
            for a list of names.
        **kwargs: See :class:`Task`. If the loss has a list ``class_weight``, it needs a number for each class.

    Raises:
        ConfigError: The classes, the offset, the palette or the class weights are invalid, or contradict each other.
    """

    void = 255
    encoding_settings = ('label_offset',)
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
        check_classes(name, self.classes)
        check_offset(name, label_offset, self.channels, self.void)
        self.label_offset = label_offset
        self.palette = default_palette(classes) if palette is None else check_palette(palette, name, self.channels)
        weights = self.loss.get('class_weight')
        if weights is not None and not isinstance(weights, str):  # MMSegmentation's losses also accept a file name
            check_class_weights(f'class_weight of the loss of task "{name}"', weights, self.channels)

    @property
    def channels(self) -> int:
        return len(self.classes)

    def decode(self, values: np.ndarray, path: str | Path) -> np.ndarray:
        """Decodes class indices into int16 (H, W). File value 255 and values below the offset are void.

        Raises:
            DataError: The values are not integers, or one belongs to no class.
        """
        check_shape(path, values, 1)
        if not np.issubdtype(values.dtype, np.integer):
            raise DataError(f'{path}: a class map of type {values.dtype}; save it as integers')
        labels = values.astype(np.int64) - self.label_offset
        void = (values == self.void) | ((values >= 0) & (labels < 0))
        if (((labels < 0) | (labels >= self.channels)) & ~void).any():
            raise DataError(
                f'{path}: values from {values[~void].min()} to {values[~void].max()}, but task "{self.name}" has '
                f'{self.channels} classes from {self.label_offset} on; correct the file, or the classes or '
                'label_offset of the task'
            )
        return np.where(void, np.int16(self.void), labels.astype(np.int16))

    def describe_encoding(self, dtype: np.dtype) -> str:
        below = f' and below {self.label_offset}' if self.label_offset else ''
        return f'class = value - {self.label_offset}, {self.void}{below} void'

    def to_tensor(self, target: np.ndarray) -> Tensor:
        """Converts a target (H, W) to an int64 tensor (1, H, W)."""
        return torch.from_numpy(target.astype(np.int64))[None]

    def valid(self, target: Tensor) -> Tensor:
        return target != self.void

    def activate(self, logits: Tensor) -> Tensor:
        """Returns the most likely class."""
        return logits.argmax(-3, keepdim=True)

    def baseline_statistics(self, target: Tensor) -> Tensor:
        """Returns the number of pixels per class: int64 (classes,)."""
        return torch.bincount(target[self.valid(target)], minlength=self.channels)

    def baseline_prediction(self, total: Tensor) -> Tensor:
        """Returns the most frequent class."""
        return total.argmax(0, keepdim=True)

    def draw(self, values: np.ndarray) -> Drawing:
        """Colours each class by the palette. The legend lists the visible classes, the most frequent first."""
        labels = values[0].astype(int)
        inside = (labels >= 0) & (labels < self.channels)
        image = np.zeros((*labels.shape, 3), np.uint8)
        image[inside] = self.palette[labels[inside]]
        counts = torch.bincount(torch.from_numpy(labels[inside]), minlength=self.channels)
        seen = [c for c in counts.argsort(descending=True, stable=True).tolist() if counts[c]]
        return Drawing(image, entries=tuple((self.classes[c], tuple(self.palette[c].tolist())) for c in seen))


def class_names(classes: str | Sequence[str]) -> tuple[str, ...]:
    """Returns the class names of a class set, or the given names.

    Raises:
        ConfigError: There is no such set, or ``classes`` is not a list of names.
    """
    if isinstance(classes, str):
        if classes not in CLASS_SETS:
            known = ', '.join(CLASS_SETS)
            raise ConfigError(f'class set "{classes}" is not known; use one of {known}, or list the names')
        return CLASS_SETS[classes]
    if not isinstance(classes, Sequence):
        raise ConfigError(f'classes is {classes!r}; a list of names is expected, in the order of the file values')
    return tuple(classes)


def check_classes(name: str, classes: Sequence[Any]) -> None:
    """Checks that there are 2 to 255 classes (label 255 is void) with different names.

    Raises:
        ConfigError: The classes are invalid.
    """
    if len(classes) < 2:
        raise ConfigError(
            f'task "{name}" has {len(classes)} class, {list(classes)}; a class map needs at least 2; '
            f'list the background too, such as {["background", *classes]}, or use a BinaryMap'
        )
    if len(classes) > ClassMap.void:
        raise ConfigError(
            f'task "{name}" has {len(classes)} classes, and a class map at most {ClassMap.void}: label {ClassMap.void} '
            'is void; merge or remove some'
        )
    if wrong := [label for label in classes if not isinstance(label, str) or not label.strip()]:
        raise ConfigError(f'task "{name}" has a class named {wrong[0]!r}; a name is expected')
    if twice := sorted({label for label in classes if classes.count(label) > 1}):
        raise ConfigError(f'task "{name}" has more than one class "{twice[0]}"; give each class its own name')


def check_offset(name: str, offset: Any, classes: int, void: int) -> None:
    """Checks that the offset is a non-negative integer, and that no class has the file value of void.

    Raises:
        ConfigError: The offset is invalid.
    """
    if not isinstance(offset, Integral) or isinstance(offset, bool) or offset < 0:
        raise ConfigError(f'label_offset of task "{name}" is {offset!r}; a whole number from 0 on is expected')
    if offset <= void < offset + classes:
        raise ConfigError(
            f'task "{name}" has {classes} classes and label_offset {offset}, so it needs file values {offset} '
            f'to {offset + classes - 1}, but {void} is void; at most {void - 1} can be a class'
        )


def default_palette(classes: str | Sequence[str]) -> np.ndarray:
    """Returns the default palette (classes, 3), uint8, of a class set or of a list of class names."""
    return PALETTES[classes] if isinstance(classes, str) else distinct_palette(len(classes))


def check_palette(palette: Any, name: str, classes: int) -> np.ndarray:
    """Checks a palette, and returns it as an array (classes, 3), uint8.

    Raises:
        ConfigError: The palette does not have three integers from 0 to 255 for each class.
    """
    wanted = 'three whole numbers from 0 to 255 (red, green, blue) for each class are expected'
    try:
        colors = np.array(palette)
    except ValueError as error:  # lists of different lengths
        raise ConfigError(f'palette of task "{name}" is {palette!r}; {wanted}') from error
    if colors.ndim != 2 or colors.shape[1] != 3 or colors.dtype.kind not in 'iu':
        raise ConfigError(f'palette of task "{name}" is {palette!r}; {wanted}')
    if len(colors) != classes:
        raise ConfigError(f'task "{name}" has {len(colors)} colours in palette and {classes} classes; {wanted}')
    if colors.min() < 0 or colors.max() > 255:
        raise ConfigError(f'palette of task "{name}" has values from {colors.min()} to {colors.max()}; {wanted}')
    return colors.astype(np.uint8)
