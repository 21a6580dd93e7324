"""Checkpoints: written whole or not at all, read without running code, checked to fit the network."""

from .atomic_backend import AtomicLocalBackend
from .loading import load_checkpoint_file, safe_loading
from .matching import Match, load_matching, matching_required
from .resuming import find_resume_checkpoint
from .structure import CheckpointError, check_structure, check_training

__all__ = [
    'AtomicLocalBackend', 'CheckpointError', 'Match', 'check_structure', 'check_training', 'find_resume_checkpoint',
    'load_checkpoint_file', 'load_matching', 'matching_required', 'safe_loading',
]  # fmt: skip
