"""Reading configs."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mtcp_mm.utils import ConfigError, MissingFileError, MissingPackageError

from .sharing import SHARED_SETTINGS, share_settings


def read_config(path: str | Path, options: Mapping[str, Any] | None = None) -> Config:
    """Reads a config file.

    ``tasks`` and ``data_root`` of the top level apply to all parts; see :func:`share_settings`.

    Args:
        path: Config file.
        options: Settings to override, by dotted keys.

    Raises:
        MissingFileError: The file, or one that it inherits from, does not exist.
        MissingPackageError: One of its ``custom_imports`` needs a package that is not installed.
        ConfigError: It is not valid Python, its settings contradict each other, or a module of its ``custom_imports``
            is not found.
    """
    try:
        cfg = Config.fromfile(path)
    except FileNotFoundError as error:
        missing = error.filename or error
        raise MissingFileError(f'{path}: {missing} does not exist; check the path, or _base_ in the config') from error
    except SyntaxError as error:
        raise ConfigError(f'{path}: {error}') from error
    except ImportError as error:
        missing = find_missing_package(error) or find_missing_module(error)
        if missing is None:
            raise
        raise missing from missing.__cause__
    apply_options(cfg, options or {})
    return cfg


def apply_options(cfg: Config, options: Mapping[str, Any]) -> None:
    """Overrides settings in place, and applies those of the top level to all parts.

    A top-level option applies to all parts, except those with an option of their own.

    Raises:
        ConfigError: The config has no place for an option, such as the tenth entry of a shorter list.
    """
    changed = copy.deepcopy(cfg)
    try:
        changed.merge_from_dict(dict(options))
    except (KeyError, TypeError) as error:  # with the whole list in the message
        reason = str(error.args[0]).partition('[')[0].strip()
        raise ConfigError(f'the config cannot take the options {", ".join(options)}: {reason}') from error
    for key in SHARED_SETTINGS:
        if key in cfg:
            cfg[key] = copy.deepcopy(changed[key])
    share_settings(cfg)
    cfg.merge_from_dict(dict(options))


def find_missing_package(error: BaseException | None) -> MissingPackageError | None:
    """Returns the error about a missing package that caused another error, which MMEngine raises instead."""
    while error is not None and not isinstance(error, MissingPackageError):
        error = error.__cause__ or error.__context__
    return error


def find_missing_module(error: ImportError) -> ConfigError | None:
    """Returns the error to show if Python does not find a module that ``custom_imports`` names."""
    root: BaseException = error
    while root.__cause__ or root.__context__:
        root = root.__cause__ or root.__context__
    if not isinstance(root, ModuleNotFoundError) or f"'{root.name}" not in str(error):
        return None
    return ConfigError(
        f'custom_imports names a module that Python does not find, {root.name!r}. Check its spelling, or add its '
        'folder to the environment variable PYTHONPATH'
    )
