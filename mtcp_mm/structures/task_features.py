from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from torch import Tensor

Maps = Mapping[str, Tensor]
Pyramids = Mapping[str, tuple[Tensor, ...]]


@dataclass(frozen=True)
class TaskFeatures:
    """What travels between backbone, necks and head: features of all tasks, and what was predicted on the way.

    Args:
        features: Each task's map (B, C, h, w), which the head reads.
        pyramids: Each task's maps (B, C_s, h_s, w_s), fine to coarse.
        predictions: Each task's intermediate raw maps (B, channels, h_s, w_s), in the order of their making, which the
            head scores. Made in training only, unless the network itself reads them.
        losses: Losses of the necks by name (``loss_<name>``), weighted already, which the head merges into its own.
            Made in training only.
        encoder: The backbone's maps, for necks that come late and read them.
    """

    features: Maps
    pyramids: Pyramids = field(default_factory=dict)
    predictions: Pyramids = field(default_factory=dict)
    losses: Maps = field(default_factory=dict)
    encoder: tuple[Tensor, ...] = ()

    def updated(
        self,
        features: Maps | None = None,
        pyramids: Pyramids | None = None,
        predictions: Pyramids | None = None,
        losses: Maps | None = None,
    ) -> 'TaskFeatures':
        """Returns them with what a neck made: new features and pyramids replace the old, the others are appended.

        Args:
            features: New maps of some or all tasks; those of the others stay.
            pyramids: New pyramids of some or all tasks; those of the others stay.
            predictions: Further intermediate raw maps of some or all tasks, which come after the earlier ones.
            losses: Further losses.

        Raises:
            ValueError: A neck before gave a loss of the same name.
        """
        if repeated := self.losses.keys() & (losses or {}).keys():
            raise ValueError(f'two necks give a loss by the name {", ".join(sorted(repeated))}; rename one')
        added = predictions or {}
        tasks = dict.fromkeys([*self.predictions, *added])
        return replace(
            self,
            features={**self.features, **(features or {})},
            pyramids={**self.pyramids, **(pyramids or {})},
            predictions={task: (*self.predictions.get(task, ()), *added.get(task, ())) for task in tasks},
            losses={**self.losses, **(losses or {})},
        )
