"""Optimizer wrappers."""

from .bf16_optim_wrapper import BF16OptimWrapper
from .replacing import replace_wrapper

__all__ = ['BF16OptimWrapper', 'replace_wrapper']
