"""Heads, which turn features into logits and losses."""

from .multi_task_head import MultiTaskHead

__all__ = ['MultiTaskHead']
