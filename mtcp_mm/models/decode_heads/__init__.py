"""Heads: from features to logits and losses."""

from .multi_task_head import MultiTaskHead

__all__ = ['MultiTaskHead']
