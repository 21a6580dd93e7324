"""Errors that the user can fix, as opposed to bugs."""

import errno
from pathlib import Path

WRITE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""System errors that only writing raises: the disk, a quota or a file is full, or the disk is read-only."""
REMEDY = 'Make room or correct the permissions there, or choose another place'


class UserError(ValueError):
    """An error that the user can fix, in a config, a file or a machine.

    The message says what is wrong and how to fix it. Tools print it without a traceback.
    """


class ConfigError(UserError):
    """Settings that cannot work or that contradict each other. The message names them with their values."""


class MissingFileError(UserError, FileNotFoundError):
    """A required file or folder does not exist. The message names it and where it was looked for."""


class UnwritableError(UserError, OSError):
    """A file or folder cannot be written. The message names it, the reason and the remedy."""

    reason = 'writing is refused'

    @classmethod
    def of(cls, path: str | Path, error: OSError) -> 'UnwritableError':
        """Converts a system error for a file or folder that is written whole or not at all."""
        reason = error.strerror or str(error)
        if error.filename and Path(error.filename) in Path(path).parents:
            reason += f': {error.filename}'
        unwritable = cls(f'{path} cannot be written ({reason}); what it held before is untouched. {REMEDY}')
        unwritable.errno, unwritable.reason = error.errno, reason
        return unwritable


class OccupiedFolderError(UserError, FileExistsError):
    """An output folder holds other files. The message names it and the remedy."""


def is_write_error(error: object) -> bool:
    """Returns whether an error is a system error of writing, such as a full disk."""
    return isinstance(error, OSError) and error.errno in WRITE_ERRORS
