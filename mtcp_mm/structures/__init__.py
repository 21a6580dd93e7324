"""What travels between the parts."""

from .multi_task_data_sample import MultiTaskDataSample
from .task_features import TaskFeatures

__all__ = ['MultiTaskDataSample', 'TaskFeatures']
