"""Makes the installed OpenMMLab family importable, although some packages are missing or fail to import."""

from .mmcv_ext import MMCVExtStandIn, ensure_mmcv_ext
from .mmdet_import import ensure_mmdet
from .torchvision_import import without_broken_torchvision

__all__ = ['MMCVExtStandIn', 'ensure_mmcv_ext', 'ensure_mmdet', 'without_broken_torchvision']
