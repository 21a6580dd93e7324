"""Preparing the real data sets from the archives and files that circulate."""

from mtcp_mm.datasets.layouts import NYUD, PASCAL

from .nyud import TASKS as NYUD_TASKS
from .nyud import prepare_nyud
from .pascal_context import TASKS as PASCAL_TASKS
from .pascal_context import prepare_pascal_context
from .preparing import Prepared

__all__ = [
    'NYUD', 'NYUD_TASKS', 'PASCAL', 'PASCAL_TASKS', 'Prepared', 'prepare_nyud',
    'prepare_pascal_context',
]  # fmt: skip
