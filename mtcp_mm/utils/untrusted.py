"""Reads untrusted files."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from .errors import MissingFileError, UserError, is_write_error
from .packages import MissingPackageError

LARGEST_FILE = 1 << 30
"""Maximum size of a file, in bytes. A sparse file can have any size without using disk space."""
LARGEST_TEXT = 64 << 20
"""The same for a text file; a list of a million images has 20 MB."""
KINDS = {
    stat.S_IFDIR: 'a folder', stat.S_IFIFO: 'a named pipe', stat.S_IFSOCK: 'a socket', stat.S_IFCHR: 'a device',
    stat.S_IFBLK: 'a device',
}  # fmt: skip


class IrregularFileError(UserError, OSError):
    """There is a pipe, a device or a folder in place of a file. Reading it might never end."""


class UnreadableFileError(UserError, PermissionError):
    """There is no permission to read a file; the message names it."""


def require_regular(path: str | Path) -> None:
    """Checks that a path is a regular file, without opening it. Links are followed.

    Raises:
        MissingFileError: There is no file.
        IrregularFileError: It is something else; the message names it.
    """
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
    except FileNotFoundError as error:
        raise MissingFileError(f'{path}: no such file; check the path') from error
    if kind != stat.S_IFREG:
        raise IrregularFileError(f'{path}: {KINDS.get(kind, "no file")}, where a file is expected; give a file')


def open_regular(path: str | Path) -> BinaryIO:
    """Opens a file for reading; see :func:`require_regular`.

    Raises:
        UnreadableFileError: There is no permission.
    """
    require_regular(path)
    try:
        return open(path, 'rb')
    except PermissionError as error:
        raise UnreadableFileError(f'{path}: no permission to read it; correct its permissions') from error


def read_content(file: BinaryIO, largest: int | None = None) -> bytes:
    """Reads all of a file.

    Raises:
        ValueError: It has more than ``largest`` bytes, or :data:`LARGEST_FILE`.
    """
    largest = LARGEST_FILE if largest is None else largest
    size = file.seek(0, os.SEEK_END)
    if size > largest:
        raise ValueError(f'it has {size} bytes, and at most {largest} are read')
    file.seek(0)
    return file.read()


@contextmanager
def reading(
    path: str | Path, remedy: str, problem: str = 'cannot be read', kind: type[UserError] = UserError
) -> Iterator[None]:
    """Converts any error that a reader raises on a file's content to one that names the file.

    Parsers raise all kinds of errors on damaged bytes. So put only the decoding into this context: a bug in other code
    would look like a damaged file.

    Args:
        path: The file.
        remedy: What the user can do; the end of the message.
        problem: What is wrong, for the message.
        kind: Type of the new error. Errors of this type pass unchanged.

    Raises:
        UserError: One of ``kind``, in place of any other.
        MissingPackageError: Unchanged.
        OSError: Unchanged, where it says that the disk is full: what is read may be written at once.
    """
    try:
        yield
    except (kind, MissingPackageError):
        raise
    except Exception as error:
        if is_write_error(error):
            raise
        reason = str(error).removeprefix(f'{path}: ')
        name = '' if isinstance(error, UserError) or type(error) is ValueError else f'{type(error).__name__}: '
        raise kind(f'{path}: {problem} ({name}{reason}); {remedy}') from error


def read_text(path: str | Path, remedy: str, kind: type[UserError] = UserError, largest: int = LARGEST_TEXT) -> str:
    """Reads a text file in UTF-8, with or without a byte order mark and with any line endings.

    Args:
        path: The file.
        remedy: What the user can do if it cannot be read; the end of the message.
        kind: Type of the error.
        largest: Maximum size in bytes.

    Raises:
        MissingFileError: The file does not exist.
        IrregularFileError: It is not a regular file.
        UserError: One of ``kind``: it is not text, or too large.
    """
    with open_regular(path) as file, reading(path, remedy, 'no text file in UTF-8', kind):
        text = read_content(file, largest).decode('utf-8-sig')
    return text.replace('\r\n', '\n').replace('\r', '\n')


def read_json(path: str | Path, remedy: str, kind: type[UserError] = UserError) -> Any:
    """Reads a JSON file; see :func:`read_text`."""
    text = read_text(path, remedy, kind)
    with reading(path, remedy, 'no JSON', kind):
        return json.loads(text)
