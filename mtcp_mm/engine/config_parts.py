"""Finding and setting parts of a config, however deep they lie."""

from collections.abc import Iterator, Mapping
from typing import Any

from mmengine.config import Config

from mtcp_mm.utils import ConfigError

Place = tuple[str | int, ...]
"""Keys and indices that lead to a part: ``('val_dataloader', 0, 'dataset')``."""


def find_parts(part: Any, key: str, place: Place = ()) -> Iterator[tuple[Place, dict]]:
    """Yields every mapping in a config that has a key, the outermost included, each after its place."""
    if isinstance(part, (list, tuple)):
        inner = enumerate(part)
    elif isinstance(part, (Mapping, Config)):
        inner = part.items()
        if key in part:
            yield place, part
    else:
        return
    for name, value in inner:
        if name != key:
            yield from find_parts(value, key, (*place, name))


def get_part(settings: Any, place: Place) -> Mapping:
    """Returns the mapping at a place; an empty one if there is none."""
    for step in place:
        try:
            settings = settings[step]
        except (IndexError, KeyError, TypeError):
            return {}
    return settings if isinstance(settings, Mapping) else {}


def set_everywhere(cfg: Mapping, key: str, value: Any) -> None:
    """Sets a key in all mappings that have it, the given one and those inside it; in place."""
    for _, part in list(find_parts(cfg, key)):
        part[key] = value


def require_model(cfg: Mapping) -> None:
    """Checks that a config describes a model.

    Raises:
        ConfigError: There is no model.
    """
    if not isinstance(cfg.get('model'), Mapping):
        raise ConfigError('the config has no model; add model=dict(type=...), or inherit it')


def task_names(tasks: Any) -> list[str]:
    """Returns the names in a task list; an empty list for anything else."""
    return [task['name'] for task in tasks or () if isinstance(task, Mapping) and 'name' in task]
