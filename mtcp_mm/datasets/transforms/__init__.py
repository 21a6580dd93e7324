"""Transforms of an image together with the maps of all tasks."""

from .base import TaskTransform
from .load_image import LoadImage
from .load_task_maps import LoadTaskMaps
from .multi_task_random_crop import MultiTaskRandomCrop
from .multi_task_random_flip import MultiTaskRandomFlip
from .multi_task_random_rotate_scale import MultiTaskRandomRotateScale
from .multi_task_random_scale import MultiTaskRandomScale
from .multi_task_random_zoom import MultiTaskRandomZoom
from .multi_task_resize import MultiTaskResize
from .pack_multi_task_inputs import PackMultiTaskInputs

__all__ = [
    'LoadImage', 'LoadTaskMaps', 'MultiTaskRandomCrop', 'MultiTaskRandomFlip', 'MultiTaskRandomRotateScale',
    'MultiTaskRandomScale', 'MultiTaskRandomZoom', 'MultiTaskResize', 'PackMultiTaskInputs', 'TaskTransform',
]  # fmt: skip
