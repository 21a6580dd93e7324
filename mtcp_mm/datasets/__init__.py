"""Multi-task data sets and their transforms."""

from .multi_task_dataset import MultiTaskDataset
from .nyud import NYUDMultiTask
from .pascal_context import PascalContextMultiTask
from .transforms import (
    LoadImage,
    LoadTaskMaps,
    MultiTaskRandomCrop,
    MultiTaskRandomFlip,
    MultiTaskRandomRotateScale,
    MultiTaskRandomScale,
    MultiTaskRandomZoom,
    MultiTaskResize,
    PackMultiTaskInputs,
    TaskTransform,
)

__all__ = [
    'LoadImage', 'LoadTaskMaps', 'MultiTaskDataset', 'MultiTaskRandomCrop', 'MultiTaskRandomFlip',
    'MultiTaskRandomRotateScale', 'MultiTaskRandomScale', 'MultiTaskRandomZoom', 'MultiTaskResize', 'NYUDMultiTask',
    'PackMultiTaskInputs', 'PascalContextMultiTask', 'TaskTransform',
]  # fmt: skip
