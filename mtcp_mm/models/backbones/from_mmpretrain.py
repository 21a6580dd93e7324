"""Encoders of mmpretrain, for configs that use them.

::

    custom_imports = dict(imports=['mtcp_mm', 'mtcp_mm.models.backbones.from_mmpretrain'])
    encoder = dict(type='mmpretrain.ConvNeXt', ...)

No other module imports this one, since mmpretrain needs torchvision, which not every machine has.

Raises:
    MissingPackageError: On import, if mmpretrain cannot be imported.
"""

import importlib.metadata
import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any

import torch
from mmengine.utils import digit_version

from mtcp_mm.utils import MissingPackageError

MMPRETRAINS = ('onedl-mmpretrain', 'mmpretrain')
METADATA = ('importlib.metadata', 'importlib_metadata')  # the second is the backport, which mmpretrain 1.2 uses


def version_of(*names: str) -> str:
    """Returns the version of the first of these distributions that is installed, or ``'none'``."""
    for name in names:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    return 'none'


@contextmanager
def without_transformers() -> Iterator[None]:
    """Within this context, transformers appears not to be installed when its metadata is requested.

    mmpretrain uses this to decide whether to import its language models, which fail with transformers 5.
    """
    modules = [importlib.import_module(name) for name in METADATA if importlib.util.find_spec(name)]
    functions = [module.distribution for module in modules]
    for module, function in zip(modules, functions, strict=True):
        module.distribution = partial(distribution_unless_transformers, module, function)
    try:
        yield
    finally:
        for module, function in zip(modules, functions, strict=True):
            module.distribution = function


def distribution_unless_transformers(metadata: ModuleType, distribution: Callable, name: str) -> Any:
    """Calls ``distribution``, but raises for transformers as if it were not installed."""
    if name == 'transformers':
        raise metadata.PackageNotFoundError(name)
    return distribution(name)


def remedy() -> str:
    """Describes what to install, and what is installed."""
    major, minor = digit_version(torch.__version__)[:2]
    # torchvision 0.15 came with torch 2.0, and so on.
    match = f'torchvision==0.{minor + 15}.*' if major == 2 else 'torchvision'
    return (
        'Its encoders need mmpretrain 1.2 or newer (pip install onedl-mmpretrain; with the original OpenMMLab '
        f'distributions, pip install mmpretrain) and the torchvision that matches torch {torch.__version__}: pip '
        f'install "{match}", from the same index as torch, so that both are built for the same device. Installed are '
        f'mmpretrain {version_of(*MMPRETRAINS)} and torchvision {version_of("torchvision")}.'
    )


try:
    with without_transformers():
        import mmpretrain.models  # noqa: F401
except Exception as error:  # for example a RuntimeError, from a torchvision built for another torch
    raise MissingPackageError(f'mmpretrain cannot be imported ({error}). {remedy()}') from error
