"""Files and folders that are there whole or not at all."""

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


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Names a file or folder in the system's errors."""
    try:
        yield
    except UnwritableError:
        raise
    except OSError as error:
        raise UnwritableError.of(path, error) from error


@contextmanager
def atomic_file(path: str | Path, token: str | None = None) -> Iterator[BinaryIO]:
    """Gives a file to fill, which takes its name when it is complete and on the disk.

    It is to be filled by Python's own writing, which is complete or raises; see :mod:`mtcp_mm.utils.encoding`.

    Until then it lies beside it as a hidden ``.NAME.TOKEN.partial``. A run that fails takes it away; one that is killed
    leaves it behind, and it can be deleted.

    Args:
        path: The file; its folder is made.
        token: What no other writer of the file has at this time, by default a new one. What a kill left is written over
            by the next one that has it too.

    Raises:
        UnwritableError: It cannot be written; what it held before is untouched.
    """
    path = Path(path)
    # The end of a name may be as long as the system allows.
    partial = path.with_name(f'.{path.name[:KEPT_OF_NAME]}.{token or uuid4().hex}.partial')
    try:
        with naming(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(partial, 'wb') as file:
                yield file
                file.flush()
                os.fsync(file.fileno())  # where writing is put off, a full disk shows here
            os.replace(partial, path)
    finally:
        with suppress(OSError):
            partial.unlink()


def atomic_write(path: str | Path, content: bytes, token: str | None = None) -> None:
    """Writes a file in one step, so that nobody sees a part of it, whoever else writes it; see :func:`atomic_file`.

    Raises:
        UnwritableError: It cannot be written; what it held before is untouched.
    """
    with atomic_file(path, token) as file:
        file.write(content)


def make_folder(path: str | Path) -> Path:
    """Makes a folder for results, if need be, and finds out whether files can be made in it.

    Raises:
        UnwritableError: It cannot be made, or they cannot.
    """
    path = Path(path)
    with naming(path):
        path.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path):
            return path


def is_vacant(out: Path) -> bool:
    """Whether an output folder is absent or empty."""
    return not out.exists() or (out.is_dir() and not any(out.iterdir()))


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Gives a folder to fill, which takes its name when it is complete.

    Until then it lies beside it as a hidden ``.NAME.XXXXXXXX.partial``. A run that fails takes it away; one that is
    killed leaves it behind, and it can be deleted.

    Args:
        out: The folder; absent or empty.

    Raises:
        UnwritableError: It cannot be made, or the disk is full.
    """
    partial = out.with_name(f'.{out.name[:KEPT_OF_NAME]}.{uuid4().hex[:8]}.partial')
    with naming(out):
        partial.mkdir(parents=True)
    try:
        yield partial
        with naming(out):
            os.rename(partial, out)
    except OSError as error:
        if error.errno in WRITE_ERRORS and not isinstance(error, UnwritableError):
            raise UnwritableError.of(out, error) from error
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
