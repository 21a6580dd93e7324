"""mmdet, and the data sets of mmseg, without mmpretrain.

mmdet imports mmpretrain wherever it is installed, for re-identification alone, and the maintained mmseg does for one
data set. Both take only an ``ImportError`` for an answer. A torchvision that does not match torch raises a
``RuntimeError``, and transformers 5 a ``TypeError``: beside either, nothing of mmdet and no data set of mmseg could be
imported, though nothing here needs mmpretrain.
"""

import importlib
import io
import sys
from contextlib import redirect_stdout

USERS = ('mmdet.models', 'mmseg.datasets')
"""What imports mmpretrain."""


def ensure_mmdet() -> None:
    """Imports mmdet's models and mmseg's data sets, without mmpretrain unless that has been imported before.

    Whoever wants what they make of mmpretrain imports that first. Afterwards mmpretrain imports as ever.

    Raises:
        ImportError: If mmdet or mmseg is missing.
    """
    hidden = 'mmpretrain' not in sys.modules
    if hidden:
        sys.modules['mmpretrain'] = None  # type: ignore[assignment]  # to the import system: there is none
    try:
        with redirect_stdout(io.StringIO()):  # mmseg would tell every process that it lacks that data set
            for name in USERS:
                importlib.import_module(name)
    finally:
        if hidden:
            del sys.modules['mmpretrain']
