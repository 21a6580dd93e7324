"""Resolves the ``type`` of a config."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from mmengine.model import PretrainedInit
from mmengine.registry import WEIGHT_INITIALIZERS, Registry

from .errors import ConfigError


def resolve_type(cfg: Mapping, registry: Registry) -> Callable:
    """Returns the class or function that a config builds.

    Args:
        cfg: Config whose ``type`` is a class or function, its registered name (``'LoadImage'``, ``'mmseg.LoadImage'``)
            or its full name (``'mtcp_mm.datasets.transforms.LoadImage'``).
        registry: The registry that builds it.

    Raises:
        ConfigError: The type is missing or unknown.
    """
    kind = find_type(cfg, registry)
    if kind is None:
        raise ConfigError(
            f'type={cfg.get("type")!r} is not a known {registry.name}; correct its spelling, or add the module that '
            "registers it to the config's custom_imports"
        )
    return kind


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
    """Returns whether an entry of an ``init_cfg`` loads weights from a checkpoint."""
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
