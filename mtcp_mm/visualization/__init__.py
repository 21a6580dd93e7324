"""Pictures of what the network sees and says, and of how its training went."""

from .contact_sheet import SheetPart, SheetRow, draw_contact_sheet
from .curves import draw_curves
from .multi_task_visualizer import MultiTaskVisualizer, to_array
from .photo import read_photo, to_rgb
from .training_log import TrainingLog, read_training_log

__all__ = [
    'MultiTaskVisualizer', 'SheetPart', 'SheetRow', 'TrainingLog', 'draw_contact_sheet', 'draw_curves', 'read_photo',
    'read_training_log', 'to_array', 'to_rgb',
]  # fmt: skip
