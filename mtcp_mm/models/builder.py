"""Building parts that work on tasks."""

import inspect
from collections.abc import Sequence

from mmseg.registry import MODELS
from torch import nn

from mtcp_mm.utils import resolve_type


def build_with_tasks(cfg: dict, tasks: Sequence[dict]) -> nn.Module:
    """Builds a model part, handing it the task list if it takes one and its config names none.

    Stock parts, such as mmseg's FPN, take none and are built as they are.
    """
    takes_tasks = 'tasks' in inspect.signature(resolve_type(cfg, MODELS)).parameters
    return MODELS.build(cfg, default_args=dict(tasks=tasks) if takes_tasks else None)
