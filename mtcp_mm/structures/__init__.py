"""Data that parts pass to each other: samples, features, cameras."""

from .camera import NYU_CAMERA, NYU_SIZE, Camera
from .multi_task_data_sample import MultiTaskDataSample
from .task_features import TaskFeatures

__all__ = ['NYU_CAMERA', 'NYU_SIZE', 'Camera', 'MultiTaskDataSample', 'TaskFeatures']
