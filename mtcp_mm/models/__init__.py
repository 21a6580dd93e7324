"""Backbones, necks, heads, losses and whole networks."""

from .backbones import EfficientNetLite, Mask2FormerBackbone
from .data_preprocessor import MultiTaskDataPreProcessor
from .decode_heads import MultiTaskHead
from .layers import TraceablePixelDecoder
from .losses import LossWeighting, MaskedL1Loss, NormalsL1Loss, PixelCrossEntropyLoss
from .necks import CoherenceFusion, NeckSequence, SelectTask, SpatialRefinement, TaskDecoders
from .segmentors import MultiTaskSegmentor

__all__ = [
    'CoherenceFusion', 'MaskedL1Loss', 'EfficientNetLite', 'LossWeighting', 'Mask2FormerBackbone', 'MultiTaskHead',
    'MultiTaskDataPreProcessor', 'MultiTaskSegmentor', 'NeckSequence', 'NormalsL1Loss', 'PixelCrossEntropyLoss',
    'SelectTask', 'TraceablePixelDecoder', 'SpatialRefinement', 'TaskDecoders',
]  # fmt: skip
