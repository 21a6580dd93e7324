"""Losses, one per file, and their combination."""

from .balanced_bce_loss import BalancedBCELoss
from .building import build_loss
from .loss_weighting import LossWeighting, NonFiniteLossError
from .masked_l1_loss import MaskedL1Loss
from .names import merge_losses, stage_loss, task_loss
from .normals_l1_loss import NormalsL1Loss
from .pixel_cross_entropy_loss import PixelCrossEntropyLoss
from .reduction import masked_mean, mean_over_ranks

__all__ = [
    'BalancedBCELoss', 'MaskedL1Loss', 'LossWeighting', 'NonFiniteLossError', 'NormalsL1Loss', 'PixelCrossEntropyLoss',
    'build_loss', 'masked_mean', 'mean_over_ranks', 'merge_losses', 'stage_loss', 'task_loss',
]  # fmt: skip
