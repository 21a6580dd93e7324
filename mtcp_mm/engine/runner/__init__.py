"""What runs a training or a test."""

from .multi_task_runner import MultiTaskRunner

__all__ = ['MultiTaskRunner']
