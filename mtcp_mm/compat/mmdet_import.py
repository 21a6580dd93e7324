"""Imports mmdet and the data sets of mmseg, even if an installed mmpretrain fails to import.

If mmpretrain is installed, mmdet imports it for re-identification, and the maintained mmseg for one data set. Both
handle only an ``ImportError``. But mmpretrain raises a ``RuntimeError`` with a torchvision that does not
match torch, and a ``TypeError`` with transformers 5. Then neither mmdet nor a data set of mmseg could be imported,
though nothing here needs mmpretrain.
"""

import importlib
import io
from contextlib import redirect_stdout

from .hiding import hidden_package

USERS = ('mmdet.models', 'mmseg.datasets')
"""Modules that import mmpretrain."""


def ensure_mmdet() -> None:
    """Imports mmdet's models and mmseg's data sets, with mmpretrain only if that has been imported before.

    To use their parts that need mmpretrain, import it first. Afterwards mmpretrain can be imported as usual.

    Raises:
        ImportError: mmdet or mmseg is missing.
    """
    # mmseg would print in every process that this data set is missing.
    with hidden_package('mmpretrain'), redirect_stdout(io.StringIO()):
        for name in USERS:
            importlib.import_module(name)
