"""Necks, which turn a backbone's maps or TaskFeatures into TaskFeatures."""

from .coherence_fusion import CoherenceFusion
from .neck_sequence import NeckSequence
from .select_task import SelectTask
from .shared_map_residual import SharedMapResidual
from .spatial_refinement import SpatialRefinement
from .task_decoders import TaskDecoders

__all__ = ['CoherenceFusion', 'NeckSequence', 'SelectTask', 'SharedMapResidual', 'SpatialRefinement', 'TaskDecoders']
