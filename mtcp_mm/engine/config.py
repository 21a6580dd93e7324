"""Reading configs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mtcp_mm.utils import MissingPackageError

WIDE_SETTINGS = ('tasks', 'data_root')
"""Settings of a config's top level that hold everywhere inside it."""


def read_config(path: str | Path, options: Mapping[str, Any] | None = None) -> Config:
    """Reads a config file.

    The top level's ``tasks`` and ``data_root`` replace those of model, data sets and metrics, so that another choice
    of tasks or another place of the data is one edit.

    Args:
        path: Config file.
        options: Settings to override, by dotted keys.

    Raises:
        MissingPackageError: One of its ``custom_imports`` lacks a package.
    """
    try:
        cfg = Config.fromfile(path)
    except ImportError as error:
        missing = find_missing_package(error)
        if missing is None:
            raise
        raise missing from missing.__cause__
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


def find_missing_package(error: BaseException | None) -> MissingPackageError | None:
    """Returns the error about a package among those that led to one; MMEngine puts two of its own before it."""
    while error is not None and not isinstance(error, MissingPackageError):
        error = error.__cause__ or error.__context__
    return error
