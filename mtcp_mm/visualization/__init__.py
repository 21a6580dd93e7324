"""Drawings of images with their predictions and targets, and of training curves."""

from .atomic_vis_backend import AtomicVisBackend
from .contact_sheet import SheetPart, SheetRow, draw_contact_sheet
from .curves import draw_curves, write_curves
from .frame_panels import FramePanels
from .multi_task_visualizer import MultiTaskVisualizer, to_array
from .point_cloud import to_points, write_point_cloud
from .training_log import TrainingLog, read_training_log

__all__ = [
    'AtomicVisBackend', 'FramePanels', 'MultiTaskVisualizer', 'SheetPart', 'SheetRow', 'TrainingLog',
    'draw_contact_sheet', 'draw_curves', 'read_training_log', 'to_array', 'to_points', 'write_curves',
    'write_point_cloud',
]  # fmt: skip
