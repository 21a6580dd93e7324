"""MMEngine without a torchvision that does not load.

Before each run MMEngine lists the versions of what is installed, torchvision's too, and takes only a
``ModuleNotFoundError`` for an answer. A torchvision of another torch raises a ``RuntimeError``: beside it, no run would
start, though nothing here needs torchvision.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from .hiding import hidden_package


@contextmanager
def without_broken_torchvision() -> Iterator[None]:
    """Within this context, a torchvision that does not load is not installed to whoever imports it."""
    try:
        importlib.import_module('torchvision')
        context = nullcontext()
    except Exception:  # whatever it raises, here it is no obstacle
        context = hidden_package('torchvision')
    with context:
        yield
