"""The runner for training and testing."""

from .strict_checkpoint_runner import StrictCheckpointRunner

__all__ = ['StrictCheckpointRunner']
