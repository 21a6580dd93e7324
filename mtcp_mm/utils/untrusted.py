"""Reading files that others made, which are untrusted."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .errors import UserError
from .packages import MissingPackageError

LARGEST_FILE = 1 << 30
"""Bytes that are read of a file at once. A file may have holes, and so any size at no cost."""
KINDS = {
    stat.S_IFDIR: 'a folder', stat.S_IFIFO: 'a named pipe', stat.S_IFSOCK: 'a socket', stat.S_IFCHR: 'a device',
    stat.S_IFBLK: 'a device',
}  # fmt: skip


class IrregularFileError(UserError, OSError):
    """A pipe, a device or a folder where a file is expected: reading it might never end."""


def require_regular(path: str | Path) -> None:
    """Checks that there is a file, without opening it; links are followed.

    Raises:
        OSError: There is nothing.
        IrregularFileError: It is something else; the message names it.
    """
    kind = stat.S_IFMT(os.stat(path).st_mode)
    if kind != stat.S_IFREG:
        raise IrregularFileError(f'{path}: {KINDS.get(kind, "no file")}, where a file is expected; give a file')


def open_regular(path: str | Path) -> BinaryIO:
    """Opens a file for reading; see :func:`require_regular`."""
    require_regular(path)
    return open(path, 'rb')


def read_content(file: BinaryIO) -> bytes:
    """Reads all of a file.

    Raises:
        ValueError: It has more than :data:`LARGEST_FILE` bytes.
    """
    size = file.seek(0, os.SEEK_END)
    if size > LARGEST_FILE:
        raise ValueError(f'it has {size} bytes, and at most {LARGEST_FILE} are read')
    file.seek(0)
    return file.read()


@contextmanager
def reading(
    path: str | Path, remedy: str, what: str = 'cannot be read', kind: type[UserError] = UserError
) -> Iterator[None]:
    """Turns whatever a reader raises on a file's bytes into an error that names the file.

    Parsers of damaged bytes raise all that Python has, so nothing is listed. Therefore only the decoding belongs in
    this context: a fault of other code would look like one of the file.

    Args:
        path: The file.
        remedy: What the user can do; ends the message.
        what: What is wrong.
        kind: The error; those of this kind pass unchanged.

    Raises:
        UserError: One of ``kind``, in place of any other.
        MissingPackageError: Unchanged.
    """
    try:
        yield
    except (kind, MissingPackageError):
        raise
    except Exception as error:
        reason = str(error).removeprefix(f'{path}: ')
        name = '' if isinstance(error, UserError) or type(error) is ValueError else f'{type(error).__name__}: '
        raise kind(f'{path}: {what} ({name}{reason}); {remedy}') from error
