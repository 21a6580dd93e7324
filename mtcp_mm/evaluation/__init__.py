"""Evaluation: one metric per file, and MultiTaskMetric, which combines the metrics of all tasks."""

from .angular_errors import AngularErrors
from .baseline_predictor import BaselinePredictor
from .boundary_f import BoundaryF
from .delta_m import delta_m
from .depth_errors import DepthErrors
from .max_f import MaxF
from .mean_iou import MeanIoU
from .metric import PROTOCOLS, Metric, headline_directions
from .multi_task_metric import MultiTaskMetric
from .regression_errors import RegressionErrors
from .table import format_table

__all__ = [
    'PROTOCOLS', 'AngularErrors', 'BaselinePredictor', 'BoundaryF', 'DepthErrors', 'MaxF', 'MeanIoU', 'Metric',
    'MultiTaskMetric', 'RegressionErrors', 'delta_m', 'format_table', 'headline_directions',
]  # fmt: skip
