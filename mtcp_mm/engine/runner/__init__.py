"""What runs a training or a test."""

from .strict_checkpoint_runner import StrictCheckpointRunner

__all__ = ['StrictCheckpointRunner']
