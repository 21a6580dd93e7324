"""The base class of metrics: sums per image, and scores from the total."""

from abc import ABC, abstractmethod

from mmseg.registry import METRICS
from torch import Tensor

from mtcp_mm.tasks import Task
from mtcp_mm.utils import ConfigError

PROTOCOLS = ('mti', 'atrc')
"""``mti``: Multi-Task-Learning-PyTorch, MTFormer, MT-CP. ``atrc``: ATRC, InvPT, TaskPrompter, MLoRE, MTMamba."""


def select_pixels(valid: Tensor, *maps: Tensor) -> tuple[Tensor, ...]:
    """Returns the pixels (channels, N) of maps (channels, H, W) where ``valid``, bool (1, H, W), is set."""
    index = valid.flatten().nonzero().squeeze(1)  # computed once for all maps: faster than a bool index
    return tuple(values.flatten(1).index_select(1, index) for values in maps)


class Metric(ABC):
    """Scores of one task over a data set, from sums that can be added in any order and over any number of ranks.

    Args:
        task: The task. It defines which pixels of a target are void.
        protocol: Evaluation protocol, one of :data:`PROTOCOLS`. Scores of different protocols are not comparable.

    Raises:
        ConfigError: The protocol is unknown, or the metric cannot score the task.
    """

    headline: str
    """Name of the metric's main score. The headline of a task is that of its first metric."""
    greater_is_better: bool
    """Whether a greater headline score is better."""
    made_for = 'any task'
    """What the metric can score, in words; see :meth:`suits`."""

    def __init__(self, task: Task, protocol: str = 'mti') -> None:
        if protocol not in PROTOCOLS:
            raise ConfigError(f'evaluation protocol "{protocol}" is not known; use one of {", ".join(PROTOCOLS)}')
        if not self.suits(task):
            raise ConfigError(
                f'metric {type(self).__name__} of task "{task.name}", a {type(task).__name__}: the metric is for '
                f'{self.made_for}; use {", ".join(str(config["type"]) for config in task.default_metrics)}'
            )
        self.task = task
        self.protocol = protocol

    @staticmethod
    def suits(task: Task) -> bool:
        """Returns whether the metric can score a task."""
        return True

    @abstractmethod
    def process(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Computes the sums of one image.

        Args:
            prediction: Prediction (target_channels, H, W).
            target: Target (target_channels, H, W). Void pixels are ignored.

        Returns:
            The sums: a 1-D tensor with the same length for all images.
        """

    @abstractmethod
    def compute(self, total: Tensor) -> dict[str, float]:
        """Computes the scores by name, NaN without valid pixels.

        Args:
            total: Total of what :meth:`process` returned, float64.
        """


def headline_directions() -> dict[str, bool]:
    """Returns whether greater is better, by headline score, for all registered metrics."""
    kinds = [kind for kind in METRICS.module_dict.values() if isinstance(kind, type) and issubclass(kind, Metric)]
    return {kind.headline: kind.greater_is_better for kind in kinds}
