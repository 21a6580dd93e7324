from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from torch import Tensor

from mtcp_mm.utils import ConfigError

Maps = Mapping[str, Tensor]
Pyramids = Mapping[str, tuple[Tensor, ...]]


@dataclass(frozen=True)
class TaskFeatures:
    """What backbone, necks and head pass on: each task's features, and intermediate predictions.

    Args:
        features: Features of each task (B, C, h, w), which the head reads.
        pyramids: Features of each task at several scales (B, C_s, h_s, w_s), fine to coarse.
        predictions: Intermediate logits of each task (B, channels, h_s, w_s), in the order in which necks made them.
            The head scores them. In training only, unless the network itself reads them.
        losses: Losses of necks by name (``loss_<name>``), scalars that are already multiplied by the neck's
            ``loss_weight``. In training only.
        encoder: The backbone's maps (B, C_i, h_i, w_i), for later necks that read them.
    """

    features: Maps
    pyramids: Pyramids = field(default_factory=dict)
    predictions: Pyramids = field(default_factory=dict)
    losses: Maps = field(default_factory=dict)
    encoder: tuple[Tensor, ...] = ()

    @classmethod
    def start(cls, inputs: 'TaskFeatures | Sequence[Tensor]') -> 'TaskFeatures':
        """Returns a backbone's output as TaskFeatures, for a neck that reads the backbone's maps.

        Args:
            inputs: Maps, which become ``encoder``; or TaskFeatures, which are returned as they are.
        """
        return inputs if isinstance(inputs, cls) else cls(features={}, encoder=tuple(inputs))

    def updated(
        self,
        features: Maps | None = None,
        pyramids: Pyramids | None = None,
        predictions: Pyramids | None = None,
        losses: Maps | None = None,
    ) -> 'TaskFeatures':
        """Returns a copy with a neck's results. Features and pyramids replace the old ones, the rest is appended.

        Args:
            features: New features of some or all tasks; those of the others stay.
            pyramids: New pyramids of some or all tasks; those of the others stay.
            predictions: Further intermediate logits of some or all tasks, which come after the earlier ones.
            losses: More losses.

        Raises:
            ConfigError: An earlier neck gave a loss of the same name.
        """
        if repeated := self.losses.keys() & (losses or {}).keys():
            raise ConfigError(f'two necks give a loss named {", ".join(sorted(repeated))}; rename one')
        added = predictions or {}
        tasks = dict.fromkeys([*self.predictions, *added])
        return replace(
            self,
            features={**self.features, **(features or {})},
            pyramids={**self.pyramids, **(pyramids or {})},
            predictions={task: (*self.predictions.get(task, ()), *added.get(task, ())) for task in tasks},
            losses={**self.losses, **(losses or {})},
        )
