"""Backbones: images to a tuple of maps, or to TaskFeatures."""

from .efficientnet_lite import EfficientNetLite
from .mask2former_backbone import Mask2FormerBackbone

__all__ = ['EfficientNetLite', 'Mask2FormerBackbone']
