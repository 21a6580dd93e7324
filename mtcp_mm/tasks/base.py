"""What a dense task is: the one place that everything else asks."""

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

    A subclass is a *kind* of task (class map, depth, ...); an instance is a task of a config. Maps come in two layouts:
    targets in the data pipeline are arrays (H, W) or (H, W, 3), as image files are; targets, raw network outputs and
    predictions in the network and the metrics are tensors (..., channels, H, W).

    Args:
        name: The task's name in configs, loss names and metric names.
        field: Its maps are ``gt_<field>`` and ``pred_<field>`` of a data sample. Defaults to the name.
        loss: Config of its loss; None takes the kind's default.
        metrics: Configs of its measures; None takes the kind's default.
        auxiliary: Whether it only helps the others to be learned. It is read, transformed and scored on what necks
            predict, and has no final map, so no place in what is evaluated, drawn and weighed; see :func:`split_tasks`.

    Raises:
        ConfigError: The name, the field, the loss or the measures cannot be.
    """

    void: float
    """Value of a target pixel that counts for nothing; maps are padded with it."""
    target_channels: int = 1
    """Channels of a target and of a prediction."""
    unit_vectors: bool = False
    """Whether a target's channels are the components of a vector of length 1."""
    binary: bool = False
    """Whether a map is the probability of the one kind that is looked for."""
    classes: tuple[str, ...] = ()
    """Names of the classes, in their order; empty for maps of other things."""
    metric_depth: bool = False
    """Whether a map is the distance along the optical axis in metres."""
    reading_settings: tuple[str, ...] = ()
    """Settings that say how files are encoded, and not what a prediction means."""
    headline: str
    """Name of the measure by which the task is judged."""
    greater_is_better: bool
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
        """Channels of the raw network output."""

    @property
    def initial_bias(self) -> float:
        """Value at which the last layer's bias starts."""
        return 0.0

    # Targets in the data pipeline ---------------------------------------------------------------------------------

    def load(self, path: str | Path) -> np.ndarray:
        """Reads a target file as (H, W) or (H, W, 3), void already marked.

        Raises:
            DataError: The file is damaged, or holds what the task cannot be; the message names the file.
        """
        return self.decode(read_array(path), path)

    @abstractmethod
    def decode(self, values: np.ndarray, path: str | Path) -> np.ndarray:
        """Turns what a file holds into a target; ``path`` names it in errors. See :meth:`load`."""

    def reading(self, dtype: np.dtype) -> str:
        """Says in words how the numbers of files of a type are read, for reports."""
        return 'as they stand'

    def empty(self, height: int, width: int) -> np.ndarray:
        """Returns a target without a valid pixel, for a sample that lacks the task's map."""
        shape = (height, width) if self.target_channels == 1 else (height, width, self.target_channels)
        return np.full(shape, self.void, np.float32)

    def resize(self, target: np.ndarray, height: int, width: int) -> np.ndarray:
        """Resizes a target (H, W[, 3]) to the nearest pixel's values, centres aligned as in bilinear resizing."""
        rows = ((np.arange(height) + 0.5) * target.shape[0] / height).astype(int)
        columns = ((np.arange(width) + 0.5) * target.shape[1] / width).astype(int)
        return target[rows[:, None], columns[None]]

    def flip(self, target: np.ndarray) -> np.ndarray:
        """Mirrors a target (H, W[, 3]) left to right."""
        return target[:, ::-1]

    def zoom(self, target: np.ndarray, factor: float) -> np.ndarray:
        """Changes a target's values (not its size) as if the camera came nearer by ``factor``."""
        return target

    def rotate(self, target: np.ndarray, degrees: float) -> np.ndarray:
        """Changes a target's values (not their places) as if the image were turned counter-clockwise."""
        return target

    def to_tensor(self, target: np.ndarray) -> Tensor:
        """Turns a target (H, W[, 3]) into a float32 tensor (target_channels, H, W)."""
        tensor = torch.from_numpy(np.ascontiguousarray(target, np.float32))
        return tensor[None] if tensor.ndim == 2 else tensor.permute(2, 0, 1).contiguous()

    # Maps in the network and in the metrics ------------------------------------------------------------------------

    @abstractmethod
    def valid(self, target: Tensor) -> Tensor:
        """Returns where a target (..., target_channels, H, W) is not void, as bool (..., 1, H, W)."""

    @abstractmethod
    def activate(self, raw: Tensor) -> Tensor:
        """Turns a raw map (..., channels, H, W) into a prediction (..., target_channels, H, W)."""

    def unflip(self, raw: Tensor) -> Tensor:
        """Mirrors a raw map (..., channels, H, W) left to right."""
        return raw.flip(-1)

    @abstractmethod
    def statistics(self, target: Tensor) -> Tensor:
        """Sums up the valid pixels of a target (target_channels, H, W) for :meth:`constant`."""

    @abstractmethod
    def constant(self, total: Tensor) -> Tensor:
        """Returns the best constant prediction (target_channels,), from the added :meth:`statistics` of targets."""

    # Images ------------------------------------------------------------------------------------------------------

    @abstractmethod
    def draw(self, values: np.ndarray) -> Drawing:
        """Draws a prediction or target (target_channels, H, W), with what its legend needs."""

    def draw_after(self, values: np.ndarray, earlier: Drawing) -> Drawing:
        """Draws a map (target_channels, H, W) of a video's next frame as :meth:`draw`, with a legend that stays calm.

        An entry keeps its place from the earlier frame on; a new one takes that of one which is no longer seen.
        """
        drawing = self.draw(values)
        entries = list(earlier.entries)
        new = [entry for entry in drawing.entries if entry not in entries]
        gone = [place for place, entry in enumerate(entries) if entry not in drawing.entries]
        for place, entry in zip(gone, new, strict=False):
            entries[place] = entry
        return replace(drawing, entries=(*entries, *new[len(gone) :]))
