from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True)
class TaskFeatures:
    """Features of all tasks between the task decoders and the head. Necks take them and return new ones.

    Args:
        fused: Each task's map (B, C, h, w) at its finest stride; what the head reads.
        pyramids: Each task's maps (B, C_s, h_s, w_s), fine to coarse.
        predictions: Each task's intermediate raw maps (B, channels, h_s, w_s), coarse to fine, which the head scores.
            Made in training only.
        losses: Losses of the necks by name (``loss_<name>``), which the head merges into its own. Made in training
            only.
    """

    fused: Mapping[str, Tensor]
    pyramids: Mapping[str, tuple[Tensor, ...]] = field(default_factory=dict)
    predictions: Mapping[str, tuple[Tensor, ...]] = field(default_factory=dict)
    losses: Mapping[str, Tensor] = field(default_factory=dict)
