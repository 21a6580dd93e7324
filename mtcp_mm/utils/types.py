"""Resolving the ``type`` of a config."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from mmengine.model import PretrainedInit
from mmengine.registry import WEIGHT_INITIALIZERS, Registry

from .errors import ConfigError


def resolve_type(cfg: Mapping, registry: Registry) -> Callable:
    """Returns the class or function that a config builds, in whatever form its ``type`` is given.

    Args:
        cfg: Config whose ``type`` is a class or function, its registered name (``'LoadImage'``, ``'mmseg.LoadImage'``)
            or its whole name (``'mtcp_mm.datasets.transforms.LoadImage'``).
        registry: The registry that builds it.

    Raises:
        ConfigError: It has no type, or one that nothing is called.
    """
    found = find_type(cfg, registry)
    if found is None:
        raise ConfigError(
            f'type={cfg.get("type")!r} is no {registry.name} that is known here; correct its spelling, or name the '
            "module that registers it in the config's custom_imports"
        )
    return found


def find_type(cfg: Mapping, registry: Registry) -> Callable | None:
    """Like :func:`resolve_type`, but returns None instead of raising."""
    kind = cfg.get('type')
    if not isinstance(kind, str):
        return kind
    with registry.switch_scope_and_registry(cfg.get('_scope_')) as place:
        try:
            return place.get(kind)
        except RuntimeError:  # raised by MMEngine for a name that is neither registered nor importable
            return None


def is_pretrained(cfg: Mapping) -> bool:
    """Returns whether an entry of an ``init_cfg`` reads weights from a checkpoint."""
    kind = find_type(cfg, WEIGHT_INITIALIZERS)
    return inspect.isclass(kind) and issubclass(kind, PretrainedInit)


def plain_settings(value: Any) -> Any:
    """Returns a config as plain dicts, lists and values: types by their full names, arrays as lists."""
    if isinstance(value, Mapping):
        return {key: plain_settings(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(map(plain_settings, value))
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if inspect.isclass(value) or inspect.isfunction(value):
        return f'{value.__module__}.{value.__qualname__}'
    return value
