"""What the ``type`` of a config stands for."""

from collections.abc import Callable, Mapping

from mmengine.registry import Registry

from .errors import ConfigError


def resolve_type(cfg: Mapping, registry: Registry) -> Callable:
    """Returns what a config builds, however its ``type`` is written.

    Args:
        cfg: Config whose ``type`` is a class or function, its registered name (``'LoadImage'``, ``'mmseg.LoadImage'``)
            or its whole name (``'mtcp_mm.datasets.transforms.LoadImage'``).
        registry: The registry that builds it.

    Raises:
        ConfigError: It has no type, or one that nothing is called.
    """
    kind = cfg.get('type')
    if callable(kind):
        return kind
    found = look_up(kind, cfg.get('_scope_'), registry) if isinstance(kind, str) else None
    if found is None:
        raise ConfigError(
            f'type={kind!r} is no {registry.name} that is known here; correct its spelling, or name the module that '
            "registers it in the config's custom_imports"
        )
    return found


def look_up(name: str, scope: str | None, registry: Registry) -> Callable | None:
    """Returns what a name stands for in a scope, by default that of the config that is run."""
    with registry.switch_scope_and_registry(scope) as place:
        try:
            return place.get(name)
        except RuntimeError:  # MMEngine's word for a name that is neither registered nor that of a module's part
            return None
