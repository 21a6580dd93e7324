"""What a measure is: a few sums an image, and the figures that follow from their total."""

from abc import ABC, abstractmethod

from torch import Tensor

from mtcp_mm.tasks import Task
from mtcp_mm.utils import ConfigError

PROTOCOLS = ('mti', 'atrc')
"""``mti``: Multi-Task-Learning-PyTorch, MTFormer, MT-CP. ``atrc``: ATRC, InvPT, TaskPrompter, MLoRE, MTMamba."""


def pick(valid: Tensor, *maps: Tensor) -> tuple[Tensor, ...]:
    """Returns the pixels (channels, N) of maps (channels, H, W) that are set in ``valid``, bool (1, H, W)."""
    index = valid.flatten().nonzero().squeeze(1)  # one look for all maps and channels: faster than indexing by bool
    return tuple(values.flatten(1).index_select(1, index) for values in maps)


class Measure(ABC):
    """Measures of one task over a data set, from sums that may be added in any order and over any number of ranks.

    Args:
        task: The task; it says which pixels of a target are void.
        protocol: Whose formulas are used, one of :data:`PROTOCOLS`. Figures of different protocols do not compare.

    Raises:
        ConfigError: The protocol is not known, or the measure is not made for the task.
    """

    made_for = 'any task'
    """What it can score, in words; see :meth:`suits`."""

    def __init__(self, task: Task, protocol: str = 'mti') -> None:
        if protocol not in PROTOCOLS:
            raise ConfigError(f'evaluation protocol "{protocol}" is not known; use one of {", ".join(PROTOCOLS)}')
        if not self.suits(task):
            raise ConfigError(
                f'measure {type(self).__name__} of task "{task.name}", a {type(task).__name__}: it is made for '
                f'{self.made_for}; use {", ".join(str(config["type"]) for config in task.default_metrics)}'
            )
        self.task = task
        self.protocol = protocol

    @staticmethod
    def suits(task: Task) -> bool:
        """Whether the measure can score a task."""
        return True

    @abstractmethod
    def image(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Sums up one image.

        Args:
            prediction: Prediction (target_channels, H, W).
            target: Target (target_channels, H, W); its void pixels add nothing.

        Returns:
            The sums, a flat tensor of a length that is the same for all images.
        """

    @abstractmethod
    def summarize(self, total: Tensor) -> dict[str, float]:
        """Turns the sums of all images into measures by name, the most telling first; NaN without a valid pixel.

        Args:
            total: What :meth:`image` returned, added up over the images; float64.
        """
