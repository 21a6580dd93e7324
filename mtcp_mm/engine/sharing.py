"""Settings of a config's top level that apply to all its parts.

A base file sets ``tasks`` and ``data_root`` once and passes them to its parts (``dataset=dict(tasks=tasks, ...)``).
When a file that inherits from it, or an option, sets another value at the top level, MMEngine leaves the old value in
the parts. :func:`share_settings` brings them up to date.
"""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.config import Config

from mtcp_mm.utils import ConfigError, plain_settings

from .config_files import ConfigFile, read_files
from .config_parts import Place, find_parts, get_part

SHARED_SETTINGS = ('tasks', 'data_root')
REMEMBERED = '_shared_settings'
"""Attribute of a config that stores the shared settings of the last call."""


def share_settings(cfg: Config) -> None:
    """Applies the ``tasks`` and the ``data_root`` of a config's top level to its parts, in place.

    A part is updated if the file that wrote it gave it the top level's value. A value that a file gave to one part
    alone stays. A second call changes nothing, unless the top level was changed in between.

    Raises:
        ConfigError: It is ambiguous which value is meant. Either the config has no file, and no part has the top
            level's value; or a file adds a part with the top-level value of its base, and changes the top level.
    """
    remembered = getattr(cfg, REMEMBERED, None)
    for key in SHARED_SETTINGS:
        if key not in cfg:
            continue
        if remembered is not None:
            replace_value(cfg, key, remembered.get(key))
        elif others := {place: part for place, part in find_parts(cfg, key) if not is_same(part[key], cfg[key])}:
            update_inherited(cfg, key, others)
    remember_shared(cfg)


def remember_shared(cfg: Config) -> None:
    """Stores the shared settings, so that the next call shares only what has changed since."""
    if isinstance(cfg, Config):
        values = {key: copy.deepcopy(cfg[key]) for key in SHARED_SETTINGS if key in cfg}
        object.__setattr__(cfg, REMEMBERED, values)  # an attribute, not a setting: it is never written to a file


def replace_value(cfg: Config, key: str, old: Any) -> None:
    """Gives the top level's value to the parts that have an old one."""
    if not is_same(cfg[key], old):
        for _, part in list(find_parts(cfg, key)):
            if is_same(part[key], old):
                part[key] = copy.deepcopy(cfg[key])


def update_inherited(cfg: Config, key: str, others: Mapping[Place, dict]) -> None:
    """Gives the top level's value to parts with another value that had the top level's in their own file."""
    files = read_files(cfg)
    if not files and not any(place and is_same(part[key], cfg[key]) for place, part in find_parts(cfg, key)):
        place, part = next(iter(others.items()))
        raise contradiction(cfg, key, place, part[key])
    for place, part in others.items():
        if had_top_value(files, key, place, part[key]):
            part[key] = copy.deepcopy(cfg[key])
        elif place[0] in cfg and is_built(place[0]) and may_be_copied(files, key, place, part[key]):
            raise contradiction(cfg, key, place, part[key])


def had_top_value(files: Sequence[ConfigFile], key: str, place: Place, value: Any) -> bool:
    """Returns whether the last file that wrote a part gave it that file's top-level value, and it still has it."""
    for file in reversed(files):
        written = get_part(file.settings if file.own is None else file.own, place)
        if key in written and (file.own is not None or is_same(written[key], file.settings.get(key))):
            return is_same(written[key], file.settings.get(key)) and is_same(written[key], value)
    return False


def may_be_copied(files: Sequence[ConfigFile], key: str, place: Place, value: Any) -> bool:
    """Returns whether a part that no base has holds a base's top-level value, perhaps copied by ``_base_.part``."""
    bases = files[:-1]
    is_new = not any(key in get_part(base.settings, place) for base in bases)
    return is_new and any(key in base.settings and is_same(base.settings[key], value) for base in bases)


def is_built(section: str | int) -> bool:
    """Returns whether a runner builds a section of a config; others only hold values for reuse."""
    return section == 'model' or str(section).endswith(('_dataloader', '_evaluator'))


def is_same(one: Any, other: Any) -> bool:
    """Returns whether two settings are equal; unlike ``==``, it takes arrays."""
    return plain_settings(one) == plain_settings(other)


def contradiction(cfg: Config, key: str, place: Place, value: Any) -> ConfigError:
    """Returns the error for two contradicting values."""
    return ConfigError(
        f'the top level has {key}={describe(cfg[key])}, but {".".join(map(str, place))} has {key}={describe(value)}; '
        'use the same in both, or leave it out at the top level'
    )


def describe(value: Any) -> str:
    """Describes a setting for a message; a task list by its names."""
    if isinstance(value, (list, tuple)) and all(isinstance(item, Mapping) for item in value):
        return f'[{", ".join(str(item.get("name")) for item in value)}]'
    return repr(value)
