"""What a measure is: a few sums an image, and the figures that follow from their total."""

from abc import ABC, abstractmethod

from torch import Tensor

from mtcp_mm.tasks import Task

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
        ValueError: The protocol is not known.
    """

    def __init__(self, task: Task, protocol: str = 'mti') -> None:
        if protocol not in PROTOCOLS:
            raise ValueError(f'evaluation protocol "{protocol}" is not known; use one of {", ".join(PROTOCOLS)}')
        self.task = task
        self.protocol = protocol

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
