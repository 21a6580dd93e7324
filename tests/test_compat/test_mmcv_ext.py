"""The replacement is used only if compiled operators are missing."""

import importlib.util
import os
import subprocess
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path

import mmcv
import pytest

from mtcp_mm.compat import MMCVExtStandIn, ensure_mmcv_ext, without_broken_torchvision
from mtcp_mm.compat.mmcv_ext import EXT_NAME, MissingOperatorError
from mtcp_mm.utils import MissingPackageError


class FakeExtension(MetaPathFinder, Loader):
    """Finds ``mmcv._ext`` as if it were compiled, or fails to load it with a given error."""

    def __init__(self, error=None):
        self.error = error

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name == EXT_NAME else None

    def exec_module(self, module):
        if self.error is not None:
            raise self.error
        module.compiled = True


# A process in which mmcv is compiled: its operators leave their names, and deformable attention returns sevens.
COMPILED = """
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import torch


class Compiled(ModuleType):
    called = []

    def __getattr__(self, name):
        if name.startswith('_'):
            raise AttributeError(name)
        return lambda *args, **kwargs: self.called.append(name) or torch.full((1, 3, 8), 7.0)


compiled = sys.modules['mmcv._ext'] = Compiled('mmcv._ext')
compiled.__spec__ = ModuleSpec('mmcv._ext', None)

import mtcp_mm
import mmcv.ops
from mmcv.ops.multi_scale_deform_attn import MultiScaleDeformableAttnFunction, ext_module
from mtcp_mm.compat import MMCVExtStandIn

assert sys.modules['mmcv._ext'] is ext_module is compiled and not isinstance(compiled, MMCVExtStandIn)
value, locations, weights = torch.zeros(1, 4, 2, 4), torch.zeros(1, 3, 2, 1, 2, 2), torch.zeros(1, 3, 2, 1, 2)
shapes, starts = torch.tensor([[2, 2]]), torch.tensor([0])
out = MultiScaleDeformableAttnFunction.apply(value, shapes, starts, locations, weights, 64)
assert (out == 7).all() and compiled.called == ['ms_deform_attn_forward'], compiled.called
mmcv.ops.sigmoid_focal_loss(torch.zeros(1, 2), torch.zeros(1, dtype=torch.long))
assert compiled.called[1] == 'sigmoid_focal_loss_forward', compiled.called
"""


@pytest.fixture
def no_extension(monkeypatch):
    """An interpreter that has not looked for ``mmcv._ext`` yet."""
    monkeypatch.delitem(sys.modules, EXT_NAME, raising=False)
    monkeypatch.setattr(mmcv, '_ext', None, raising=False)


@pytest.fixture
def nothing_compiled(no_extension, monkeypatch):
    error = ModuleNotFoundError(f'No module named {EXT_NAME!r}', name=EXT_NAME)
    monkeypatch.setattr(sys, 'meta_path', [FakeExtension(error), *sys.meta_path])


def test_replaces_missing_operators(nothing_compiled, recwarn):
    module = ensure_mmcv_ext()
    assert isinstance(module, MMCVExtStandIn)
    assert sys.modules[EXT_NAME] is mmcv._ext is module
    assert not recwarn.list
    assert ensure_mmcv_ext() is module


def test_prefers_compiled_operators(no_extension, monkeypatch):
    monkeypatch.setattr(sys, 'meta_path', [FakeExtension(), *sys.meta_path])
    module = ensure_mmcv_ext()
    assert module.compiled
    assert not isinstance(module, MMCVExtStandIn)
    assert sys.modules[EXT_NAME] is module


def test_whole_package_runs_on_compiled_operators():
    environment = os.environ | dict(PYTHONPATH=str(Path(__file__).parents[2]))
    done = subprocess.run(
        [sys.executable, '-c', COMPILED], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_names_the_reason_why_compiled_operators_fail_to_load(no_extension, monkeypatch):
    broken = FakeExtension(ImportError('undefined symbol: _ZN3c10'))
    monkeypatch.setattr(sys, 'meta_path', [broken, *sys.meta_path])
    with pytest.warns(UserWarning, match='undefined symbol: _ZN3c10'):
        assert isinstance(ensure_mmcv_ext(), MMCVExtStandIn)


def test_missing_mmcv_is_an_error_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, 'mmcv', None)
    with pytest.raises(MissingPackageError, match=r'mmcv.*not installed.*mminstall\.txt'):
        ensure_mmcv_ext()


def test_other_operators_name_themselves_and_the_remedy():
    with pytest.raises(MissingOperatorError, match=r"'roi_align_forward'.*Install a compiled mmcv"):
        MMCVExtStandIn().roi_align_forward(1, spatial_scale=2)


def test_the_import_system_takes_it_for_a_module(nothing_compiled):
    stand_in = ensure_mmcv_ext()
    assert importlib.util.find_spec(EXT_NAME).origin == 'mtcp_mm.compat.mmcv_ext'
    assert not hasattr(stand_in, '__file__')
    assert 'without compiled operators' in stand_in.get_compiler_version()


def test_family_imports_and_reports_its_environment():
    import mmdet.models  # noqa: F401
    import mmseg.models  # noqa: F401
    from mmcv.utils import collect_env

    with without_broken_torchvision():
        assert collect_env()['MMCV']
