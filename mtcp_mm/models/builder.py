"""Building parts that work on tasks."""

import inspect
from collections.abc import Sequence

from mmseg.registry import MODELS
from torch import nn


def build_with_tasks(cfg: dict, tasks: Sequence[dict]) -> nn.Module:
    """Builds a model part, handing it the task list if it takes one and its config names none.

    Stock parts, such as mmseg's FPN, take none and are built as they are.
    """
    part = cfg['type'] if inspect.isclass(cfg['type']) else MODELS.get(cfg['type'])
    takes_tasks = part is not None and 'tasks' in inspect.signature(part).parameters
    return MODELS.build(cfg, default_args=dict(tasks=tasks) if takes_tasks else None)
