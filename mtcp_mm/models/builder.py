"""Building parts that work on tasks."""

import inspect
from collections.abc import Sequence

from mmseg.registry import MODELS
from torch import nn

from mtcp_mm.utils import find_type


def build_with_tasks(cfg: dict, tasks: Sequence[dict]) -> nn.Module:
    """Builds a model part, handing it the task list if it takes one and its config names none.

    Stock parts, such as mmseg's FPN, take none and are built as they are.
    """
    kind = find_type(cfg, MODELS)
    takes_tasks = kind is not None and 'tasks' in inspect.signature(kind).parameters
    return MODELS.build(cfg, default_args=dict(tasks=tasks) if takes_tasks else None)
