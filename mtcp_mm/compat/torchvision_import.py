"""Lets MMEngine start a run even if an installed torchvision fails to import.

Before each run MMEngine logs the versions of installed packages, torchvision included, and handles only a
``ModuleNotFoundError``. A torchvision built for another torch raises a ``RuntimeError``. Then no run would start,
though nothing here needs torchvision.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from .hiding import hidden_package


@contextmanager
def without_broken_torchvision() -> Iterator[None]:
    """Within this context, a torchvision that fails to import seems not to be installed."""
    try:
        importlib.import_module('torchvision')
        context = nullcontext()
    except Exception:  # it may raise anything
        context = hidden_package('torchvision')
    with context:
        yield
