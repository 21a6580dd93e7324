"""Reading configs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

WIDE_SETTINGS = ('tasks', 'data_root')
"""Settings of a config's top level that hold everywhere inside it."""


def read_config(path: str | Path, options: Mapping[str, Any] | None = None) -> Config:
    """Reads a config file.

    The top level's ``tasks`` and ``data_root`` replace those of model, data sets and metrics, so that another choice
    of tasks or another place of the data is one edit.

    Args:
        path: Config file.
        options: Settings to override, by dotted keys.
    """
    cfg = Config.fromfile(path)
    cfg.merge_from_dict(dict(options or {}))
    for key in WIDE_SETTINGS:
        if key in cfg:
            set_everywhere(cfg, key, cfg[key])
    return cfg


def set_everywhere(cfg: Mapping, key: str, value: Any) -> None:
    """Sets the key to the value in the mapping and in all mappings inside it that have it; in place."""
    if key in cfg:
        cfg[key] = value
    for inner in cfg.values():
        for part in inner if isinstance(inner, (list, tuple)) else [inner]:
            if isinstance(part, Mapping) and part is not value:
                set_everywhere(part, key, value)
