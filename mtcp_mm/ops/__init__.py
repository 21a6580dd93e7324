"""Stand-in for mmcv's compiled operators, used only where they are missing."""

from .mmcv_ext import MMCVExtStandIn, ensure_mmcv_ext

__all__ = ['MMCVExtStandIn', 'ensure_mmcv_ext']
