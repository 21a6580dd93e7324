"""Heads: features to predictions and losses."""

from .multi_task_head import MultiTaskHead

__all__ = ['MultiTaskHead']
