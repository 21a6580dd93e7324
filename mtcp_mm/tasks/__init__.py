"""Dense prediction tasks: how their maps are read, transformed, scored and drawn."""

from .base import Task
from .binary_map import BinaryMap
from .builder import TaskCache, build_tasks, split_tasks, without_encoding
from .class_map import ClassMap
from .class_sets import CLASS_SETS, PALETTES
from .depth_map import DepthMap
from .drawing import ColorBar, Drawing
from .errors import DataError
from .loading import load_map, read_map
from .regression_map import RegressionMap
from .surface_normals import SurfaceNormals

__all__ = [
    'CLASS_SETS', 'PALETTES', 'BinaryMap', 'ClassMap', 'ColorBar', 'DataError', 'DepthMap', 'Drawing', 'RegressionMap',
    'SurfaceNormals', 'Task', 'TaskCache', 'build_tasks', 'load_map', 'read_map', 'split_tasks',
    'without_encoding',
]  # fmt: skip
