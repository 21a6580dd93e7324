"""The shapes of the network released with the paper, from the weights of a config.

It costs what the released network costs, part by part. Its predictions mean nothing, since some of its weights are new.

- The queries and keys of CFM have the channels of all other tasks together. They are not pooled, and the affinity is
  not scaled. Values have fewer channels, so the affinity is formed.
- The shared map is formed from the masks of the last layer, all of them at full size.
- Mask2Former's pixel decoder is mmdet's, and no attention is fused.
"""

from collections.abc import Sequence

import torch
from mmcv.ops.multi_scale_deform_attn import MultiScaleDeformableAttention
from mmdet.models.layers import MSDeformAttnPixelDecoder
from torch import Tensor, nn

from mtcp_mm.models import CoherenceFusion, TraceablePixelDecoder
from mtcp_mm.models.backbones import Mask2FormerBackbone
from mtcp_mm.models.layers import CBAM, CoherenceFusionModule

from .forms import Form
from .long_form import form_all_masks, unfused_attention


class ReleasedFusion(nn.Module):
    """A Coherence Fusion Module with the shapes of the released one.

    Args:
        channels: Channels C of all features.
        others: Number of other tasks.
    """

    def __init__(self, channels: int, others: int) -> None:
        super().__init__()
        joint = others * channels
        self.gates = nn.ModuleList(nn.Conv2d(channels, channels, 1) for _ in range(others))
        self.query, self.key, self.value = (
            nn.Sequential(CBAM(width), nn.BatchNorm2d(width), nn.ReLU()) for width in (joint, joint, channels)
        )
        self.cbam = CBAM(channels)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, own: Tensor, others: Sequence[Tensor]) -> tuple[Tensor, Tensor | None]:
        """Fuses features (B, C, h, w) of the other tasks into the task's own; see :class:`CoherenceFusionModule`."""
        joint = torch.cat([gate(other).sigmoid() * other for gate, other in zip(self.gates, others, strict=True)], 1)
        query, key, value = (x.flatten(2).mT for x in (self.query(joint), self.key(joint), self.value(own)))
        attended = (query @ key.mT).softmax(-1) @ value
        fused = self.norm(self.cbam(attended.mT.unflatten(2, own.shape[-2:])))
        return fused, own.new_zeros(()) if self.training else None


def take_released_shapes(network: nn.Module) -> None:
    """Gives the parts of a network the shapes of the released ones."""
    form_all_masks(network)
    for module in network.modules():
        if isinstance(module, Mask2FormerBackbone):
            module.mask_layers = 'last'
        elif isinstance(module, TraceablePixelDecoder):
            module.__class__ = MSDeformAttnPixelDecoder
            for layer in module.encoder.layers:
                layer.self_attn.__class__ = MultiScaleDeformableAttention
        elif isinstance(module, CoherenceFusion):
            for name, fusion in module.fusions.items():
                module.fusions[name] = released_fusion(fusion)


def released_fusion(fusion: CoherenceFusionModule) -> ReleasedFusion:
    """Returns the released form of a fusion."""
    weight = fusion.norm.weight
    return ReleasedFusion(weight.numel(), len(fusion.gates)).to(weight.device).train(fusion.training)


RELEASED = Form('released', take_released_shapes, unfused_attention)
