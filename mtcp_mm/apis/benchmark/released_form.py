"""The shapes of the network released with the paper.

It costs what the released network costs, part by part. Its predictions mean nothing, since some of its weights are new.
It is the long form of a network with these changes:

- The queries and keys of CFM have the channels of all other tasks together. They are not pooled, and the affinity is
  not scaled. Values have fewer channels.
- The shared map is formed from the masks of the last layer.
"""

from collections.abc import Sequence

from torch import Tensor, nn

from mtcp_mm.models import CoherenceFusion
from mtcp_mm.models.backbones import Mask2FormerBackbone
from mtcp_mm.models.layers import CoherenceFusionModule

from .forms import Form
from .long_form import LongCBAM, gate_and_concat, unfused_attention, write_out


class ReleasedFusion(nn.Module):
    """A Coherence Fusion Module with the shapes of the released one, which has no coherence loss.

    Args:
        channels: Channels C of all features.
        others: Number of other tasks.
    """

    def __init__(self, channels: int, others: int) -> None:
        super().__init__()
        joint = others * channels
        self.gates = nn.ModuleList(nn.Conv2d(channels, channels, 1) for _ in range(others))
        self.query, self.key, self.value = (
            nn.Sequential(LongCBAM(width), nn.BatchNorm2d(width), nn.ReLU()) for width in (joint, joint, channels)
        )
        self.cbam = LongCBAM(channels)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, own: Tensor, others: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Fuses features (B, C, h, w) of the other tasks into the task's own.

        Returns:
            The new features (B, C, h, w), and a coherence loss of zero.
        """
        joint = gate_and_concat(self.gates, others)
        query, key, value = (x.flatten(2).mT for x in (self.query(joint), self.key(joint), self.value(own)))
        attended = (query @ key.mT).softmax(-1) @ value
        return self.norm(self.cbam(attended.mT.unflatten(2, own.shape[-2:]))), own.new_zeros(())


def take_released_shapes(network: nn.Module) -> None:
    """Gives the parts of a network the shapes of the released ones."""
    write_out(network)
    for module in network.modules():
        if isinstance(module, Mask2FormerBackbone):
            module.mask_layers = 'last'
        elif isinstance(module, CoherenceFusion):
            for name, fusion in module.fusions.items():
                module.fusions[name] = released_fusion(fusion)


def released_fusion(fusion: CoherenceFusionModule) -> ReleasedFusion:
    """Returns the released form of a fusion."""
    weight = fusion.norm.weight
    return ReleasedFusion(weight.numel(), len(fusion.gates)).to(weight.device)


RELEASED = Form('released', take_released_shapes, unfused_attention)
