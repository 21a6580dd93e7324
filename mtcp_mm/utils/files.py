"""Writing files and folders whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO
from uuid import uuid4

from .errors import WRITE_ERRORS, UnwritableError

KEPT_OF_NAME = 40
"""Characters of a name that the name of its partial file keeps."""


@contextmanager
def unwritable_errors(path: Path) -> Iterator[None]:
    """Converts system errors to an :class:`UnwritableError` that names a file or folder."""
    try:
        yield
    except UnwritableError:
        raise
    except OSError as error:
        raise UnwritableError.of(path, error) from error


@contextmanager
def atomic_file(path: str | Path, token: str | None = None) -> Iterator[BinaryIO]:
    """Opens a file for writing, which gets its name only when it is complete and on disk.

    Write to it with Python's own functions, which write everything or raise; see :mod:`mtcp_mm.utils.encoding`.

    Until then its content is in a hidden file ``.NAME.TOKEN.partial`` beside it. A run that fails deletes that file. A
    run that is killed leaves it behind; it can be deleted.

    Args:
        path: The file. Its folder is created.
        token: Distinguishes writers that run at the same time; a new one by default. With a fixed token, the next
            writer overwrites the partial file of a killed one.

    Raises:
        UnwritableError: The file cannot be written; its old content is untouched.
    """
    path = Path(path)
    # A name may already have the maximum length.
    partial = path.with_name(f'.{path.name[:KEPT_OF_NAME]}.{token or uuid4().hex}.partial')
    try:
        with unwritable_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(partial, 'wb') as file:
                yield file
                file.flush()
                os.fsync(file.fileno())  # if the system delays writing, a full disk shows only here
            os.replace(partial, path)
    finally:
        with suppress(OSError):
            partial.unlink()


def atomic_write(path: str | Path, content: bytes, token: str | None = None) -> None:
    """Writes a file in one step, so that nobody sees part of it, even with several writers; see :func:`atomic_file`.

    Raises:
        UnwritableError: The file cannot be written; its old content is untouched.
    """
    with atomic_file(path, token) as file:
        file.write(content)


def make_folder(path: str | Path) -> Path:
    """Creates a folder for results if necessary, and checks that files can be written in it.

    Raises:
        UnwritableError: The folder cannot be created, or files in it cannot.
    """
    path = Path(path)
    with unwritable_errors(path):
        path.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path):
            return path


def is_vacant(out: Path) -> bool:
    """Whether an output folder is absent or empty."""
    return not out.exists() or (out.is_dir() and not any(out.iterdir()))


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Creates a folder to fill, which gets its name only when it is complete.

    Until then it is a hidden folder ``.NAME.XXXXXXXX.partial`` beside it. A run that fails deletes it. A run that is
    killed leaves it behind; it can be deleted.

    Args:
        out: The folder; absent or empty.

    Raises:
        UnwritableError: The folder cannot be created, or the disk is full.
    """
    partial = out.with_name(f'.{out.name[:KEPT_OF_NAME]}.{uuid4().hex[:8]}.partial')
    with unwritable_errors(out):
        partial.mkdir(parents=True)
    try:
        yield partial
        with unwritable_errors(out):
            os.rename(partial, out)
    except OSError as error:
        if error.errno in WRITE_ERRORS and not isinstance(error, UnwritableError):
            raise UnwritableError.of(out, error) from error
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
