"""Passing the task list to the parts that take one."""

import inspect
from collections.abc import Callable, Sequence

from mmseg.registry import MODELS

from mtcp_mm.utils import find_type


def with_tasks(cfg: dict, tasks: Sequence[dict]) -> dict:
    """Adds the task list to a part's config, if the part takes one and its config has none.

    A part takes the list if its ``__init__`` has a parameter ``tasks``, or passes ``**kwargs`` on to a base class that
    has it. Any other part, such as mmseg's FPN, keeps its config. So does a part of unknown type, which the registry
    reports later. With this, mmseg's ``EncoderDecoder`` builds every part of ours::

        EncoderDecoder(backbone=with_tasks(backbone, tasks), decode_head=with_tasks(decode_head, tasks))

    Args:
        cfg: Config of a backbone, neck, head, data preprocessor or loss weighting; it is not changed.
        tasks: The task list.

    Returns:
        The config itself, or a copy with ``tasks``.
    """
    kind = find_type(cfg, MODELS)
    if 'tasks' in cfg or kind is None or not takes_tasks(kind):
        return cfg
    cfg = cfg.copy()
    cfg['tasks'] = tasks
    return cfg


def takes_tasks(kind: Callable) -> bool:
    """Whether a class or function takes ``tasks``.

    A class whose ``__init__`` has ``**kwargs`` and no ``tasks`` takes what its base class takes.
    """
    if not inspect.isclass(kind):
        return 'tasks' in inspect.signature(kind).parameters
    for base in kind.__mro__:
        parameters = inspect.signature(base.__init__).parameters
        if 'tasks' in parameters:
            return True
        if all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters.values()):
            return False
    return False
