"""Transforms of an image and the maps of all its tasks together."""

from .base import TaskTransform
from .load_image import LoadImage
from .load_task_maps import LoadTaskMaps
from .multi_task_crop import MultiTaskCrop
from .multi_task_flip import MultiTaskFlip
from .multi_task_random_scale import MultiTaskRandomScale
from .multi_task_resize import MultiTaskResize
from .multi_task_rotate_scale import MultiTaskRotateScale
from .multi_task_zoom import MultiTaskZoom
from .pack_multi_task_inputs import PackMultiTaskInputs

__all__ = [
    'LoadImage', 'LoadTaskMaps', 'MultiTaskCrop', 'MultiTaskFlip', 'MultiTaskRandomScale', 'MultiTaskResize',
    'MultiTaskRotateScale', 'MultiTaskZoom', 'PackMultiTaskInputs', 'TaskTransform',
]  # fmt: skip
