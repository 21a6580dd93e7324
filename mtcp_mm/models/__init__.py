"""Backbones, necks, heads, losses and whole networks."""

from .backbones import EfficientNetLite, Mask2FormerBackbone
from .data_preprocessor import MultiTaskDataPreProcessor
from .decode_heads import MultiTaskHead
from .layers import ShapedPixelDecoder
from .losses import DepthL1Loss, LossWeighting, NormalsL1Loss, PixelCrossEntropyLoss
from .necks import CoherenceFusion, NeckSequence, SelectTask, SpatialRefinement, TaskDecoders
from .segmentors import MultiTaskSegmentor

__all__ = [
    'CoherenceFusion', 'DepthL1Loss', 'EfficientNetLite', 'LossWeighting', 'Mask2FormerBackbone', 'MultiTaskHead',
    'MultiTaskDataPreProcessor', 'MultiTaskSegmentor', 'NeckSequence', 'NormalsL1Loss', 'PixelCrossEntropyLoss',
    'SelectTask', 'ShapedPixelDecoder', 'SpatialRefinement', 'TaskDecoders',
]  # fmt: skip
