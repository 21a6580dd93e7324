"""Hooks, which act at fixed points of a training or a test."""

from .atomic_checkpoint_hook import AtomicCheckpointHook
from .batch_context_hook import BatchContextHook
from .epoch_seed_hook import EpochSeedHook
from .loss_prioritization_hook import LossPrioritizationHook, loss_shares, prioritize
from .prediction_visualization_hook import PredictionVisualizationHook
from .training_curves_hook import TrainingCurvesHook

__all__ = [
    'AtomicCheckpointHook', 'BatchContextHook', 'EpochSeedHook', 'LossPrioritizationHook',
    'PredictionVisualizationHook', 'TrainingCurvesHook', 'loss_shares', 'prioritize',
]  # fmt: skip
