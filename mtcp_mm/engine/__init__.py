"""Training and testing: runner, hooks, optimizers, checkpoints, configs, pretrained weights."""

from . import efficientnet_lite_weights  # noqa: F401  # registers its checkpoint scheme
from .checkpoint import CheckpointError, find_resume_checkpoint, load_checkpoint_file, load_matching
from .hooks import AtomicCheckpointHook, EpochSeedHook, LossPrioritizationHook
from .optim_wrapper import BF16OptimWrapper
from .optimizers import FusedAdamW
from .runner import StrictCheckpointRunner

__all__ = [
    'AtomicCheckpointHook', 'BF16OptimWrapper', 'CheckpointError', 'EpochSeedHook', 'FusedAdamW',
    'LossPrioritizationHook', 'StrictCheckpointRunner', 'find_resume_checkpoint', 'load_checkpoint_file',
    'load_matching',
]  # fmt: skip
