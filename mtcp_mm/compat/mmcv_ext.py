"""Stands in for ``mmcv._ext``, mmcv's compiled operators, if they are not installed.

mmdet and mmseg import nearly all of ``mmcv.ops``, whose modules look up their operators in ``mmcv._ext`` at import, so
neither can be imported without it. MT-CP calls only one pair of these operators, which PyTorch can compute. So nobody
has to build the extension, which takes a quarter of an hour on two cores.
"""

import importlib
import sys
import warnings
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

from mtcp_mm.utils import MissingPackageError, UserError

from .deform_attn import ms_deform_attn_backward, ms_deform_attn_forward

EXT_NAME = 'mmcv._ext'
NOT_COMPILED = 'n/a (mmcv without compiled operators)'


class MissingOperatorError(UserError, RuntimeError):
    """An operator is called that only a compiled mmcv has; the message names it."""


class MMCVExtStandIn(ModuleType):
    """A module with the names of all operators, for ``mmcv.ops`` to import.

    Multi-scale deformable attention works, forward and backward. Any other public attribute is a function that raises
    :class:`MissingOperatorError` when it is called.
    """

    ms_deform_attn_forward = staticmethod(ms_deform_attn_forward)
    ms_deform_attn_backward = staticmethod(ms_deform_attn_backward)

    def __init__(self) -> None:
        super().__init__(EXT_NAME, 'Replaces the compiled operators of mmcv, in mtcp_mm.')
        # importlib.util.find_spec, which MMEngine calls, needs a spec. A loader would tell mmcv.utils.ext_loader that
        # operators are compiled.
        self.__spec__ = ModuleSpec(EXT_NAME, loader=None, origin=__name__)

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith('_'):  # protocols of the import system and of inspection
            raise AttributeError(f'module {EXT_NAME!r} has no attribute {name!r}')
        return missing_operator(name)

    @staticmethod
    def get_compiler_version() -> str:
        """Reports that nothing was compiled, for MMEngine's environment table."""
        return NOT_COMPILED

    @staticmethod
    def get_compiling_cuda_version() -> str:
        """Reports that nothing was compiled, for MMEngine's environment table."""
        return NOT_COMPILED


def missing_operator(name: str) -> Callable[..., NoReturn]:
    """Returns a function in place of an operator; it raises an error with the operator's name and the remedy."""

    def operator(*args: Any, **kwargs: Any) -> NoReturn:
        raise MissingOperatorError(
            f'operator {name!r} of mmcv is not available: mmcv is installed without compiled operators, and mtcp_mm '
            'replaces only multi-scale deformable attention. Install a compiled mmcv. With torch and a C++ compiler '
            'installed, this builds one: pip install --force-reinstall --no-deps --no-cache-dir --no-build-isolation '
            'onedl-mmcv'
        )

    operator.__name__ = operator.__qualname__ = name
    return operator


def ensure_mmcv_ext() -> ModuleType:
    """Makes ``mmcv._ext`` importable. Compiled operators are used if they are installed.

    Returns:
        The compiled module, or the stand-in if that cannot be imported.

    Raises:
        MissingPackageError: mmcv itself is not installed.
    """
    try:
        mmcv = importlib.import_module('mmcv')
    except ModuleNotFoundError as error:
        if error.name != 'mmcv':
            raise
        raise MissingPackageError(
            'mtcp_mm needs mmcv, which is not installed: pip install -r requirements/mminstall.txt (from the root of '
            'the repository).'
        ) from error
    try:
        return importlib.import_module(EXT_NAME)
    except ImportError as error:
        if not (isinstance(error, ModuleNotFoundError) and error.name == EXT_NAME):
            warnings.warn(
                f'the compiled operators of mmcv fail to import ({error}); mtcp_mm replaces them. Rebuild mmcv '
                'against the installed torch to use them.',
                stacklevel=2,
            )
    stand_in = MMCVExtStandIn()
    sys.modules[EXT_NAME] = stand_in
    mmcv._ext = stand_in
    return stand_in
