"""How good predictions are: one accumulator a measure, and the metric that holds those of all tasks."""

from .angular_errors import AngularErrors
from .boundary_f import BoundaryF
from .constant_predictor import ConstantPredictor
from .delta_m import delta_m
from .depth_errors import DepthErrors
from .max_f import MaxF
from .mean_iou import MeanIoU
from .metric import PROTOCOLS, Measure
from .multi_task_metric import MultiTaskMetric
from .table import format_table

__all__ = [
    'PROTOCOLS', 'AngularErrors', 'BoundaryF', 'ConstantPredictor', 'DepthErrors', 'MaxF', 'MeanIoU', 'Measure',
    'MultiTaskMetric', 'delta_m', 'format_table',
]  # fmt: skip
