"""Makes the OpenMMLab family importable as it is installed: stand-ins for what is missing or does not load."""

from .mmcv_ext import MMCVExtStandIn, ensure_mmcv_ext
from .mmdet_import import ensure_mmdet
from .torchvision_import import without_broken_torchvision

__all__ = ['MMCVExtStandIn', 'ensure_mmcv_ext', 'ensure_mmdet', 'without_broken_torchvision']
