"""Converts errors of Python, PyTorch and the system that a user can fix to a UserError."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from traceback import extract_tb
from urllib.error import URLError

from .errors import REMEDY, ConfigError, UnwritableError, UserError, is_write_error

LOST_WORKER = (
    'If memory ran out, set a smaller num_workers or batch_size of the loader; if a file or a drive does not answer, '
    'num_workers=0 shows which'
)
REMEDIES = {
    r'DataLoader worker \(pid\D+[\d, ]+\) (?:is killed|exited)[^.]*': LOST_WORKER,
    r'DataLoader timed out after[^.]*': LOST_WORKER,
    r'A process in the process pool was terminated[^.]*': LOST_WORKER,
    r'(?:persistent_workers|prefetch_factor) option.*': 'Set it to False or None, or num_workers to 1 or more',
    r'Expected more than 1 value per channel when training.*': 'BatchNorm gets a single pixel of a single image; train '
    'on larger images, or with a batch_size of 2 or more',
    r'CUDA out of memory': 'Set a smaller batch_size, train on smaller images, or add --amp',
}
"""Remedies by pattern of the message, for RuntimeError and ValueError."""
UNBUILDABLE = (
    'Check the spelling of types and arguments in the config (docs/changelog.md lists renamed ones), and that '
    'custom_imports names the modules of your own classes'
)
MISSING_NAME = r'Failed to import \w+ from \S+ in .+, line \d+'
"""Message of MMEngine for a pure-Python config that imports a name from a module without it."""


def as_user_error(error: Exception) -> UserError | None:
    """Converts an error to one with a remedy.

    Args:
        error: Any error. The message of one from a DataLoader worker starts with a traceback.

    Returns:
        The converted error; None if the user cannot fix it.
    """
    message = message_of(error)
    if isinstance(error, UserError):
        return error if message == str(error) else type(error)(message)
    if is_write_error(error):
        return UnwritableError(f'{error.filename or "a file"} cannot be written ({error.strerror}). {REMEDY}')
    if isinstance(error, URLError):
        return UserError(f'a download failed ({message}). Check the address and the connection, or give a local file')
    if isinstance(error, FileNotFoundError | PermissionError):
        return UserError(message)
    if isinstance(error, KeyError | TypeError) and is_raised_by_registry(error):
        return ConfigError(f'{error.args[0].partition(". ")[0]}. {UNBUILDABLE}')
    if isinstance(error, ImportError) and re.fullmatch(MISSING_NAME, message):
        return ConfigError(f'{message}. {UNBUILDABLE}')
    if isinstance(error, RuntimeError | ValueError):
        for pattern, remedy in REMEDIES.items():
            if found := re.match(pattern, message):
                return UserError(f'{found[0]}. {remedy}.')
    return None


def message_of(error: Exception) -> str:
    """Returns the message of an error; from a DataLoader worker, the message at the end of the traceback."""
    text, kind = str(error), type(error).__name__
    if text.startswith(f'Caught {kind} in DataLoader worker'):
        return text.rpartition(f'{kind}: ')[2].strip()
    return text


def is_raised_by_registry(error: Exception) -> bool:
    """Returns whether MMEngine could not build a part of a config: its type is unknown, or takes other arguments.

    An error in the code of the part ends in a frame of that code instead.
    """
    frames = extract_tb(error.__traceback__)
    return bool(frames) and frames[-1].name == 'build_from_cfg'


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raises a :class:`UserError` in place of any error that :func:`as_user_error` understands.

    Raises:
        UserError: The user can fix the error.
        Exception: Any other error, unchanged.
    """
    try:
        yield
    except Exception as error:
        user_error = as_user_error(error)
        if user_error is None or user_error is error:
            raise
        raise user_error from error
