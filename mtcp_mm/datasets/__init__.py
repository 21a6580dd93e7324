"""Data sets with several tasks, and the transforms that ask the tasks."""

from .multi_task_dataset import MultiTaskDataset
from .nyud import NYUDMultiTask
from .transforms import (
    LoadImage,
    LoadTaskMaps,
    MultiTaskFlip,
    MultiTaskResize,
    MultiTaskZoom,
    PackMultiTaskInputs,
    TaskTransform,
)

__all__ = [
    'LoadImage', 'LoadTaskMaps', 'MultiTaskDataset', 'MultiTaskFlip', 'MultiTaskResize', 'MultiTaskZoom',
    'NYUDMultiTask', 'PackMultiTaskInputs', 'TaskTransform',
]  # fmt: skip
