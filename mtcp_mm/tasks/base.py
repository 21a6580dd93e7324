"""The base class of all tasks."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from mtcp_mm.utils import ConfigError

from .drawing import Drawing
from .reading import read_array
from .settings import check_metrics, check_name, check_part


class Task(ABC):
    """A named dense prediction task: how its maps are read, transformed, scored and drawn.

    A subclass is a *kind* of task (class map, depth, ...). An instance is one task of a config.

    Maps have two layouts. In the data pipeline, targets are arrays (H, W) or (H, W, channels), like image files. In the
    network and the metrics, targets, logits (the network's raw output) and predictions are tensors
    (..., channels, H, W).

    Args:
        name: The task's name in configs, losses and scores.
        field: Data samples store its maps as ``gt_<field>`` and ``pred_<field>``. Defaults to the name.
        loss: Config of the loss. Defaults to ``default_loss``.
        metrics: Configs of the metrics. The first one gives the task's headline score. Defaults to ``default_metrics``.
        auxiliary: Whether the task only helps to learn the others. Its targets are loaded and transformed, and the
            predictions of necks are scored against them. It has no final prediction, so it is not evaluated, drawn or
            weighted; see :func:`split_tasks`.

    Raises:
        ConfigError: The name, the field, the loss or the metrics are not valid.
    """

    void: float
    """Value of target pixels to ignore. Targets are padded with it."""
    target_channels: int = 1
    """Number of channels of a target and of a prediction."""
    classes: tuple[str, ...] = ()
    """Names of the classes in order; empty for tasks without classes. A task with classes also has a ``palette``."""
    palette: np.ndarray
    """RGB colours of the classes (classes, 3), uint8."""
    binary: bool = False
    """Whether predictions are probabilities, and targets 0 or 1."""
    unit_vectors: bool = False
    """Whether each pixel of a target is a unit vector."""
    metric_depth: bool = False
    """Whether maps hold depth along the optical axis, in metres."""
    encoding_settings: tuple[str, ...] = ()
    """Settings that describe how files are encoded, not what predictions mean."""
    default_loss: dict
    default_metrics: tuple[dict, ...]

    def __init__(
        self,
        name: str,
        field: str | None = None,
        loss: dict | None = None,
        metrics: Sequence[dict] | None = None,
        auxiliary: bool = False,
    ) -> None:
        check_name('name', name)
        self.name = name
        if not isinstance(auxiliary, bool):
            raise ConfigError(f'auxiliary={auxiliary!r} of task "{name}"; True or False is expected')
        self.auxiliary = auxiliary
        self.field = name if field is None else field
        check_name('field', self.field)
        loss = self.default_loss if loss is None else loss
        check_part(f'loss of task "{name}"', loss)
        self.loss = dict(loss)
        metrics = self.default_metrics if metrics is None else metrics
        check_metrics(name, metrics)
        self.metrics = [dict(m) for m in metrics]

    @property
    @abstractmethod
    def channels(self) -> int:
        """Number of channels of the logits."""

    @property
    def initial_bias(self) -> float:
        """Initial bias of the layer that predicts the logits."""
        return 0.0

    # Targets in the data pipeline ---------------------------------------------------------------------------------

    def load(self, path: str | Path) -> np.ndarray:
        """Reads a target file into an array (H, W) or (H, W, channels), where ignored pixels are :attr:`void`.

        Raises:
            DataError: The file is damaged or is no map of this task; the message names it.
        """
        return self.decode(read_array(path), path)

    @abstractmethod
    def decode(self, values: np.ndarray, path: str | Path) -> np.ndarray:
        """Converts the array of a file into a target; see :meth:`load`. ``path`` is for error messages only."""

    def describe_encoding(self, dtype: np.dtype) -> str:
        """Describes in words how files with this dtype are decoded, for reports."""
        return 'as they are'

    def empty(self, height: int, width: int) -> np.ndarray:
        """Returns an all-void target, for samples without a map of this task."""
        shape = (height, width) if self.target_channels == 1 else (height, width, self.target_channels)
        return np.full(shape, self.void, np.float32)

    def resize(self, target: np.ndarray, height: int, width: int) -> np.ndarray:
        """Resizes a target (H, W[, channels]) by nearest neighbour, aligned with bilinear resizing of the image."""
        if target.shape[:2] == (height, width):
            return target
        rows = ((np.arange(height) + 0.5) * target.shape[0] / height).astype(int)
        columns = ((np.arange(width) + 0.5) * target.shape[1] / width).astype(int)
        return target.take(rows, 0).take(columns, 1)  # three times as fast as one index of both

    def flip(self, target: np.ndarray) -> np.ndarray:
        """Flips a target (H, W[, channels]) horizontally, into a new array."""
        return target.take(np.arange(target.shape[1])[::-1], 1)

    def zoom(self, target: np.ndarray, factor: float) -> np.ndarray:
        """Adapts the values of a target to a zoom by ``factor``. The transform itself resizes the target."""
        return target

    def rotate(self, target: np.ndarray, degrees: float) -> np.ndarray:
        """Adapts the values of a target to a counter-clockwise rotation. The transform itself moves the pixels."""
        return target

    def largest_share(self, target: np.ndarray) -> float:
        """Returns the share of the most frequent class among the valid pixels, 1 if all are void.

        For tasks with classes only.
        """
        counts = np.bincount(target[target != self.void])
        return counts.max() / counts.sum() if counts.size else 1.0

    def to_tensor(self, target: np.ndarray) -> Tensor:
        """Converts a target (H, W[, channels]) to a float32 tensor (target_channels, H, W)."""
        target = target.astype(np.float32, copy=False)
        return torch.from_numpy(np.ascontiguousarray(target))[None] if target.ndim == 2 else channels_first(target)

    # Maps in the network and in the metrics ------------------------------------------------------------------------

    @abstractmethod
    def valid(self, target: Tensor) -> Tensor:
        """Returns a mask of the valid pixels of a target (..., target_channels, H, W): bool (..., 1, H, W)."""

    @abstractmethod
    def activate(self, logits: Tensor) -> Tensor:
        """Converts logits (..., channels, H, W) to predictions (..., target_channels, H, W)."""

    def unflip(self, logits: Tensor) -> Tensor:
        """Undoes the horizontal flip of an image in its logits (..., channels, H, W)."""
        return logits.flip(-1)

    @abstractmethod
    def baseline_statistics(self, target: Tensor) -> Tensor:
        """Returns sums over the valid pixels of a target (target_channels, H, W) for :meth:`baseline_prediction`."""

    @abstractmethod
    def baseline_prediction(self, total: Tensor) -> Tensor:
        """Returns the baseline: one prediction (target_channels,) for every pixel.

        Args:
            total: Sum of the :meth:`baseline_statistics` of all targets.
        """

    # Drawing -----------------------------------------------------------------------------------------------------

    @abstractmethod
    def draw(self, values: np.ndarray) -> Drawing:
        """Draws a prediction or target (target_channels, H, W) and its legend entries."""

    def draw_after(self, values: np.ndarray, earlier: Drawing) -> Drawing:
        """Draws the next video frame like :meth:`draw`, but keeps the order of the legend.

        Legend entries of the earlier frame keep their positions. A new entry replaces one that is no longer visible.

        Args:
            values: Prediction or target (target_channels, H, W).
            earlier: Drawing of the previous frame.
        """
        drawing = self.draw(values)
        entries = list(earlier.entries)
        new = [entry for entry in drawing.entries if entry not in entries]
        gone = [place for place, entry in enumerate(entries) if entry not in drawing.entries]
        for place, entry in zip(gone, new, strict=False):
            entries[place] = entry
        return replace(drawing, entries=(*entries, *new[len(gone) :]))


def channels_first(array: np.ndarray) -> Tensor:
    """Copies an image or map (H, W, channels) to a tensor (channels, H, W)."""
    planes = np.empty((array.shape[2], *array.shape[:2]), array.dtype)
    cv2.split(array, list(planes))  # several times as fast as NumPy's or PyTorch's transposition
    return torch.from_numpy(planes)
