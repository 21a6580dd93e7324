import os
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, BinaryIO

import torch

from mtcp_mm.utils import MissingFileError

from .archive import read_checkpoint
from .structure import CheckpointError, check_structure

LOCK = threading.RLock()
"""Held while :func:`torch.load` is replaced: with two threads at once, it would stay replaced."""


def load_checkpoint_file(path: str | Path, map_location: Any = 'cpu') -> Any:
    """Loads a checkpoint without running code in it.

    It may hold data, tensors, and the logged histories (with their NumPy arrays) that MMEngine saves. torch's own
    reader is not used: see :class:`CheckpointUnpickler` for what may be built, and :func:`check_structure` for what a
    checkpoint must hold.

    Args:
        path: A local file.
        map_location: Where tensors go, as for :func:`torch.load`.

    Returns:
        The content of the file, a dict.

    Raises:
        MissingFileError: There is no such file.
        CheckpointError: The file cannot be read, might run code, or is not a checkpoint.
    """
    path = Path(path).expanduser()
    if not os.path.isfile(path):
        raise MissingFileError(f'There is no checkpoint file {path}; correct the path')
    try:
        with open(path, 'rb') as file:
            return load_open_file(file, map_location, path)
    except OSError as error:
        raise unreadable(path, error) from error


def load_open_file(file: BinaryIO, map_location: Any, source: Any) -> Any:
    """Loads a checkpoint from an open file; see :func:`load_checkpoint_file`."""
    try:
        content = read_checkpoint(file, map_location)
    except UnpicklingError as error:
        raise CheckpointError(
            f'{source} is refused: it is not a checkpoint, or reading it might run code ({error}). If you '
            "trust it, load it once with torch.load(weights_only=False) and save its 'state_dict' alone"
        ) from error
    except Exception as error:  # a damaged file may fail anywhere
        raise unreadable(source, error) from error
    check_structure(content, source)
    return content


def unreadable(source: Any, error: Exception) -> CheckpointError:
    """Returns the error for a file that cannot be read."""
    return CheckpointError(
        f'{source} cannot be read ({first_line(error)}) and may be damaged. Use another checkpoint, or fetch it again'
    )


def first_line(error: Exception) -> str:
    """Returns an error's type and the first line of its message."""
    return f'{type(error).__name__}: {next(iter(str(error).splitlines()), "no reason given"):.200}'


@contextmanager
def safe_loading() -> Iterator[None]:
    """Within this context all loading through torch is as safe as :func:`load_checkpoint_file`.

    MMEngine by itself either loads without restrictions (up to 0.10.7) or falls back to doing so. All of its
    loaders, of local files and of other schemes, call :func:`torch.load`.
    """
    with LOCK, replaced(vars(torch), 'load', load_as_torch):
        yield


def load_as_torch(f: str | os.PathLike | BinaryIO, map_location: Any = None, *_: Any, **__: Any) -> Any:
    """Stands in for :func:`torch.load`, and ignores its other arguments."""
    if isinstance(f, str | os.PathLike):
        return load_checkpoint_file(f, map_location)
    return load_open_file(f, map_location, getattr(f, 'name', 'the checkpoint'))


@contextmanager
def replaced(mapping: MutableMapping, key: str, value: Any) -> Iterator[None]:
    """Replaces an entry of a mapping within a context."""
    old = mapping[key]
    mapping[key] = value
    try:
        yield
    finally:
        mapping[key] = old
