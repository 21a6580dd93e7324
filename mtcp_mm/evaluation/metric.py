"""What a metric is: a few sums per image, and the figures that follow from their total."""

from abc import ABC, abstractmethod

from mmseg.registry import METRICS
from torch import Tensor

from mtcp_mm.tasks import Task
from mtcp_mm.utils import ConfigError

PROTOCOLS = ('mti', 'atrc')
"""``mti``: Multi-Task-Learning-PyTorch, MTFormer, MT-CP. ``atrc``: ATRC, InvPT, TaskPrompter, MLoRE, MTMamba."""


def select_pixels(valid: Tensor, *maps: Tensor) -> tuple[Tensor, ...]:
    """Returns the pixels (channels, N) of maps (channels, H, W) that are set in ``valid``, bool (1, H, W)."""
    index = valid.flatten().nonzero().squeeze(1)  # one search for all maps and channels: faster than a bool index
    return tuple(values.flatten(1).index_select(1, index) for values in maps)


class Metric(ABC):
    """Scores of one task over a data set, from sums that can be added in any order and over any number of ranks.

    Args:
        task: The task. It says which pixels of a target are void.
        protocol: Whose formulas are used, one of :data:`PROTOCOLS`. Scores of different protocols are not comparable.

    Raises:
        ConfigError: The protocol is not known, or the metric cannot score the task.
    """

    headline: str
    """The score that the metric is known by. That of a task's first metric is the task's headline."""
    greater_is_better: bool
    """Whether a greater headline is the better one."""
    made_for = 'any task'
    """What it can score, in words; see :meth:`suits`."""

    def __init__(self, task: Task, protocol: str = 'mti') -> None:
        if protocol not in PROTOCOLS:
            raise ConfigError(f'evaluation protocol "{protocol}" is not known; use one of {", ".join(PROTOCOLS)}')
        if not self.suits(task):
            raise ConfigError(
                f'metric {type(self).__name__} of task "{task.name}", a {type(task).__name__}: it is made for '
                f'{self.made_for}; use {", ".join(str(config["type"]) for config in task.default_metrics)}'
            )
        self.task = task
        self.protocol = protocol

    @staticmethod
    def suits(task: Task) -> bool:
        """Whether the metric can score a task."""
        return True

    @abstractmethod
    def process(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Sums up one image.

        Args:
            prediction: Prediction (target_channels, H, W).
            target: Target (target_channels, H, W). Its void pixels add nothing.

        Returns:
            The sums, a flat tensor of the same length for all images.
        """

    @abstractmethod
    def compute(self, total: Tensor) -> dict[str, float]:
        """Turns the sums of all images into scores by name, NaN without a valid pixel.

        Args:
            total: What :meth:`process` returned, added up over the images; float64.
        """


def headline_directions() -> dict[str, bool]:
    """Returns the headlines of all registered metrics, and whether greater is better."""
    kinds = [kind for kind in METRICS.module_dict.values() if isinstance(kind, type) and issubclass(kind, Metric)]
    return {kind.headline: kind.greater_is_better for kind in kinds}
