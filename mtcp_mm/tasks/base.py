"""The base class of all tasks, which everything else asks."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mtcp_mm.utils import ConfigError

from .drawing import Drawing
from .reading import read_array
from .settings import check_metrics, check_name, check_part


class Task(ABC):
    """A named dense prediction task: how its maps are read, transformed, scored and drawn.

    A subclass is a *kind* of task (class map, depth, ...), an instance is a task of a config. Maps come in two layouts.
    In the data pipeline targets are arrays (H, W) or (H, W, channels), as image files are. In the network and the
    metrics targets, logits (what the network puts out) and predictions are tensors (..., channels, H, W).

    Args:
        name: The task's name in configs, and in the names of losses and scores.
        field: A data sample keeps its maps as ``gt_<field>`` and ``pred_<field>``. Defaults to the name.
        loss: Config of its loss. Defaults to the kind's own.
        metrics: Configs of its metrics, the one whose headline counts first. Defaults to those of the kind.
        auxiliary: Whether it only helps to learn the other tasks. It is read, transformed, and scored on what necks
            predict. It has no final map, so it is not evaluated, drawn or weighted; see :func:`split_tasks`.

    Raises:
        ConfigError: The name, the field, the loss or the metrics are not valid.
    """

    void: float
    """Value of target pixels that do not count. Maps are padded with it."""
    target_channels: int = 1
    """Number of channels of a target and of a prediction."""
    classes: tuple[str, ...] = ()
    """Names of the classes in order, empty unless a map holds classes. A kind that has them has a ``palette`` too."""
    palette: np.ndarray
    """RGB colours of the classes (classes, 3), uint8."""
    binary: bool = False
    """Whether a prediction is a probability, and a target 0 or 1."""
    unit_vectors: bool = False
    """Whether the channels of a target are the components of a vector of length 1."""
    metric_depth: bool = False
    """Whether a map holds distances along the optical axis, in metres."""
    encoding_settings: tuple[str, ...] = ()
    """Settings that say how files are encoded, as opposed to what a prediction means."""
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
            raise ConfigError(f'auxiliary={auxiliary!r} of task "{name}": give True or False')
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
        """Initial value of the last layer's bias."""
        return 0.0

    # Targets in the data pipeline ---------------------------------------------------------------------------------

    def load(self, path: str | Path) -> np.ndarray:
        """Reads a target file as (H, W) or (H, W, channels), with void marked.

        Raises:
            DataError: The file is damaged, or not a map of this task; the message names it.
        """
        return self.decode(read_array(path), path)

    @abstractmethod
    def decode(self, values: np.ndarray, path: str | Path) -> np.ndarray:
        """Turns the array of a file into a target; ``path`` names the file in errors. See :meth:`load`."""

    def describe_encoding(self, dtype: np.dtype) -> str:
        """Says in words how the numbers in files of a type are read, for reports."""
        return 'as they are'

    def empty(self, height: int, width: int) -> np.ndarray:
        """Returns a target that is all void, for a sample without a map of the task."""
        shape = (height, width) if self.target_channels == 1 else (height, width, self.target_channels)
        return np.full(shape, self.void, np.float32)

    def resize(self, target: np.ndarray, height: int, width: int) -> np.ndarray:
        """Resizes a target (H, W[, channels]) to nearest neighbours, pixel centres aligned as in bilinear resizing."""
        rows = ((np.arange(height) + 0.5) * target.shape[0] / height).astype(int)
        columns = ((np.arange(width) + 0.5) * target.shape[1] / width).astype(int)
        return target[rows[:, None], columns[None]]

    def flip(self, target: np.ndarray) -> np.ndarray:
        """Mirrors a target (H, W[, channels]) left to right."""
        return target[:, ::-1]

    def zoom(self, target: np.ndarray, factor: float) -> np.ndarray:
        """Adapts the values of a target to a camera that is ``factor`` times nearer. The size stays."""
        return target

    def rotate(self, target: np.ndarray, degrees: float) -> np.ndarray:
        """Adapts the values of a target to an image that is turned counter-clockwise. Their places stay."""
        return target

    def largest_share(self, target: np.ndarray) -> float:
        """Returns the share of the labelled pixels that the commonest class has, 1 where all is void.

        For maps of classes only.
        """
        counts = np.bincount(target[target != self.void])
        return counts.max() / counts.sum() if counts.size else 1.0

    def to_tensor(self, target: np.ndarray) -> Tensor:
        """Turns a target (H, W[, channels]) into a float32 tensor (target_channels, H, W)."""
        tensor = torch.from_numpy(np.ascontiguousarray(target, np.float32))
        return tensor[None] if tensor.ndim == 2 else tensor.permute(2, 0, 1).contiguous()

    # Maps in the network and in the metrics ------------------------------------------------------------------------

    @abstractmethod
    def valid(self, target: Tensor) -> Tensor:
        """Returns which pixels of a target (..., target_channels, H, W) are not void, bool (..., 1, H, W)."""

    @abstractmethod
    def activate(self, logits: Tensor) -> Tensor:
        """Turns logits (..., channels, H, W) into a prediction (..., target_channels, H, W)."""

    def unflip(self, logits: Tensor) -> Tensor:
        """Mirrors the logits (..., channels, H, W) of a mirrored image back, left to right."""
        return logits.flip(-1)

    @abstractmethod
    def baseline_statistics(self, target: Tensor) -> Tensor:
        """Sums up the valid pixels of a target (target_channels, H, W) for :meth:`baseline_prediction`."""

    @abstractmethod
    def baseline_prediction(self, total: Tensor) -> Tensor:
        """Returns the best prediction that is the same everywhere (target_channels,).

        Args:
            total: The :meth:`baseline_statistics` of all targets, added up.
        """

    # Images ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def draw(self, values: np.ndarray) -> Drawing:
        """Draws a prediction or target (target_channels, H, W), and says what its legend needs."""

    def draw_after(self, values: np.ndarray, earlier: Drawing) -> Drawing:
        """Draws a map (target_channels, H, W) of the next frame of a video as :meth:`draw`, with a steady legend.

        Entries of the earlier frame keep their places. A new one takes the place of one that is no longer seen.
        """
        drawing = self.draw(values)
        entries = list(earlier.entries)
        new = [entry for entry in drawing.entries if entry not in entries]
        gone = [place for place, entry in enumerate(entries) if entry not in drawing.entries]
        for place, entry in zip(gone, new, strict=False):
            entries[place] = entry
        return replace(drawing, entries=(*entries, *new[len(gone) :]))
