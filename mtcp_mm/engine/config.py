"""Reading configs."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mtcp_mm.engine.sharing import SHARED_SETTINGS, mark, parts_with, share_settings
from mtcp_mm.utils import MissingPackageError


def read_config(path: str | Path, options: Mapping[str, Any] | None = None) -> Config:
    """Reads a config file.

    Another choice of tasks or another place of the data is one edit: the parts go with the ``tasks`` and the
    ``data_root`` of the top level, see :func:`share_settings`.

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
    share_settings(cfg)
    apply_options(cfg, options or {})
    return cfg


def apply_options(cfg: Config, options: Mapping[str, Any]) -> None:
    """Overrides settings; of one that is shared first wherever the old value stands. So an option for a part stays."""
    changed = copy.deepcopy(cfg)
    changed.merge_from_dict(dict(options))
    for key in SHARED_SETTINGS:
        if key in cfg:
            cfg[key] = copy.deepcopy(changed[key])
    share_settings(cfg)
    cfg.merge_from_dict(dict(options))
    mark(cfg)


def set_everywhere(cfg: Mapping, key: str, value: Any) -> None:
    """Sets the key to the value in all mappings that have it, the given one and those inside it; in place."""
    for _, part in list(parts_with(cfg, key)):
        part[key] = value


def find_missing_package(error: BaseException | None) -> MissingPackageError | None:
    """Returns the error about a package among those that led to one; MMEngine puts two of its own before it."""
    while error is not None and not isinstance(error, MissingPackageError):
        error = error.__cause__ or error.__context__
    return error
