"""mmdet, and the data sets of mmseg, without mmpretrain.

mmdet imports mmpretrain wherever it is installed, for re-identification alone, and the maintained mmseg does for one
data set. Both take only an ``ImportError`` for an answer. A torchvision that does not match torch raises a
``RuntimeError``, and transformers 5 a ``TypeError``: beside either, nothing of mmdet and no data set of mmseg could be
imported, though nothing here needs mmpretrain.
"""

import importlib
import io
from contextlib import redirect_stdout

from .hiding import hidden_package

USERS = ('mmdet.models', 'mmseg.datasets')
"""What imports mmpretrain."""


def ensure_mmdet() -> None:
    """Imports mmdet's models and mmseg's data sets, without mmpretrain unless that has been imported before.

    Whoever wants what they make of mmpretrain imports that first. Afterwards mmpretrain imports as ever.

    Raises:
        ImportError: If mmdet or mmseg is missing.
    """
    # mmseg would print in every process that it lacks that data set.
    with hidden_package('mmpretrain'), redirect_stdout(io.StringIO()):
        for name in USERS:
            importlib.import_module(name)
