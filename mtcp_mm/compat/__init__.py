"""What lets the OpenMMLab family be imported as it is installed, and what stands in for mmcv's compiled operators."""

from .mmcv_ext import MMCVExtStandIn, ensure_mmcv_ext
from .mmdet_import import ensure_mmdet
from .torchvision_import import without_broken_torchvision

__all__ = ['MMCVExtStandIn', 'ensure_mmcv_ext', 'ensure_mmdet', 'without_broken_torchvision']
