"""Packages that are installed but are not to be found."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def hidden_package(name: str) -> Iterator[None]:
    """Within this context, a package that has not been imported is not installed to whoever imports it."""
    hides = name not in sys.modules
    if hides:
        sys.modules[name] = None  # type: ignore[assignment]  # to the import system: there is none
    try:
        yield
    finally:
        if hides:
            sys.modules.pop(name, None)
