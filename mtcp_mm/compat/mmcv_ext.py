"""An importable ``mmcv._ext`` for installations of mmcv without compiled operators.

mmdet and mmseg import nearly all of ``mmcv.ops``, and each of its modules asks ``mmcv._ext`` for
its operators at import. MT-CP calls one pair of them, so building the extension (a quarter of an
hour on two cores) is not asked of anyone.
"""

import importlib
import sys
import warnings
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, NoReturn

from .deform_attn import ms_deform_attn_backward, ms_deform_attn_forward

EXT_NAME = 'mmcv._ext'
NOT_COMPILED = 'n/a (mmcv without compiled operators)'


class MMCVExtStandIn(ModuleType):
    """Module that has every operator's name, and the operators that MT-CP needs.

    Multi-scale deformable attention works, forward and backward. Any other public attribute is a
    function that raises a ``RuntimeError`` naming the operator and the remedy when it is called.
    """

    ms_deform_attn_forward = staticmethod(ms_deform_attn_forward)
    ms_deform_attn_backward = staticmethod(ms_deform_attn_backward)

    def __init__(self) -> None:
        super().__init__(EXT_NAME, 'Stand-in of mtcp_mm for the compiled operators of mmcv.')
        # importlib.util.find_spec, which mmengine calls, wants a spec; a loader would tell
        # mmcv.utils.ext_loader.check_ops_exist that there are compiled operators.
        self.__spec__ = ModuleSpec(EXT_NAME, loader=None, origin=__name__)

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        if name.startswith('_'):  # protocols of the import system and of inspection
            raise AttributeError(f'module {EXT_NAME!r} has no attribute {name!r}')
        return _missing_operator(name)

    @staticmethod
    def get_compiler_version() -> str:
        """Says that nothing was compiled, for the environment tables of the family."""
        return NOT_COMPILED

    @staticmethod
    def get_compiling_cuda_version() -> str:
        """Says that nothing was compiled, for the environment tables of the family."""
        return NOT_COMPILED


def _missing_operator(name: str) -> Callable[..., NoReturn]:
    def operator(*args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(
            f'operator {name!r} of mmcv is not available: mmcv is installed without compiled '
            f'operators, and mtcp_mm stands in only for multi-scale deformable attention. '
            f'Install a compiled mmcv: beside an installed torch and a C++ compiler, "pip install '
            f'--force-reinstall --no-deps --no-cache-dir --no-build-isolation onedl-mmcv" builds '
            f'one.'
        )

    operator.__name__ = operator.__qualname__ = name
    return operator


def ensure_mmcv_ext() -> ModuleType:
    """Makes ``mmcv._ext`` importable, leaving compiled operators alone where there are any.

    Returns:
        The compiled module, or the stand-in when that cannot be imported.

    Raises:
        ImportError: If mmcv itself is missing.
    """
    try:
        mmcv = importlib.import_module('mmcv')
    except ModuleNotFoundError as error:
        if error.name != 'mmcv':
            raise
        raise ImportError(
            'mtcp_mm needs mmcv, which is not installed: pip install -r '
            'requirements/mminstall.txt (from the root of the repository).'
        ) from error
    try:
        return importlib.import_module(EXT_NAME)
    except ImportError as error:
        if not (isinstance(error, ModuleNotFoundError) and error.name == EXT_NAME):
            warnings.warn(
                f'the compiled operators of mmcv do not load ({error}); mtcp_mm uses its '
                'stand-in. Rebuild mmcv against the installed torch to have them.',
                stacklevel=2,
            )
    stand_in = MMCVExtStandIn()
    sys.modules[EXT_NAME] = stand_in
    mmcv._ext = stand_in
    return stand_in
