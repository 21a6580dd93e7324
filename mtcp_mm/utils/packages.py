"""Packages that only some configs and tools need."""

import importlib.util
from collections.abc import Sequence

from .errors import UserError


class MissingPackageError(UserError, ImportError):
    """A required package is missing or cannot be imported. The message says what to install.

    Tools print it without a traceback.
    """


def require_packages(user: str, names: Sequence[str]) -> None:
    """Checks that packages are installed, without importing them.

    Args:
        user: What needs the packages, for the message.
        names: Names of the packages, the same for import and installation.

    Raises:
        MissingPackageError: A package is not installed.
    """
    if missing := [name for name in names if importlib.util.find_spec(name) is None]:
        raise MissingPackageError(f'{user} needs {", ".join(missing)}: pip install {" ".join(missing)}')
