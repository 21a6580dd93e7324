"""Data sets with several tasks, and the transforms that ask the tasks."""

from .multi_task_dataset import MultiTaskDataset
from .nyud import NYUDMultiTask
from .pascal_context import PascalContextMultiTask
from .transforms import (
    LoadImage,
    LoadTaskMaps,
    MultiTaskCrop,
    MultiTaskFlip,
    MultiTaskRandomScale,
    MultiTaskResize,
    MultiTaskRotateScale,
    MultiTaskZoom,
    PackMultiTaskInputs,
    TaskTransform,
)

__all__ = [
    'LoadImage', 'LoadTaskMaps', 'MultiTaskCrop', 'MultiTaskDataset', 'MultiTaskFlip', 'MultiTaskRandomScale',
    'MultiTaskResize', 'MultiTaskRotateScale', 'MultiTaskZoom', 'NYUDMultiTask', 'PackMultiTaskInputs',
    'PascalContextMultiTask', 'TaskTransform',
]  # fmt: skip
