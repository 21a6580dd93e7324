import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from mtcp_mm.engine.config import read_config
from mtcp_mm.utils import MissingPackageError

ROOT = Path(__file__).parents[3]
MODULE = 'mtcp_mm.models.backbones.from_mmpretrain'
MISMATCH = "raise RuntimeError('operator torchvision::nms does not exist')"


@pytest.fixture
def packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A folder for a fake mmpretrain and torchvision, in an interpreter that has imported neither."""

    def forget() -> dict:
        names = [name for name in sys.modules if name.partition('.')[0] in ('mmpretrain', 'torchvision')]
        return {name: sys.modules.pop(name) for name in [*names, MODULE] if name in sys.modules}

    known = forget()
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    forget()
    sys.modules.update(known)


def write_package(folder: Path, models: str) -> None:
    """Writes an mmpretrain that has only its models."""
    (folder / 'mmpretrain').mkdir()
    (folder / 'mmpretrain' / '__init__.py').write_text('')
    (folder / 'mmpretrain' / 'models.py').write_text(models)


@pytest.fixture(params=['mmpretrain', 'torchvision', 'operators'])
def broken(request: pytest.FixtureRequest, packages: Path, monkeypatch: pytest.MonkeyPatch) -> type[Exception]:
    """Removes something that mmpretrain's models need, and returns the resulting error."""
    if request.param == 'mmpretrain':
        monkeypatch.setitem(sys.modules, 'mmpretrain', None)
        return ModuleNotFoundError
    write_package(packages, 'import torchvision')
    if request.param == 'torchvision':
        monkeypatch.setitem(sys.modules, 'torchvision', None)
        return ModuleNotFoundError
    (packages / 'torchvision.py').write_text(MISMATCH)
    return RuntimeError


def test_the_error_says_what_to_install_and_why(broken):
    with pytest.raises(MissingPackageError) as caught:
        importlib.import_module(MODULE)
    message, cause = str(caught.value), caught.value.__cause__
    assert type(cause) is broken and f'mmpretrain cannot be imported ({cause})' in message
    assert 'pip install onedl-mmpretrain' in message
    minor = int(torch.__version__.split('.')[1])
    assert f'torch {torch.__version__}: pip install "torchvision==0.{minor + 15}.*"' in message


@pytest.mark.parametrize('name', ['mtcp_nyud_convnext_s', 'mtcp_nyud_dinov2_b'])
def test_reading_a_config_raises_the_message(broken, name):
    with pytest.raises(MissingPackageError, match='pip install onedl-mmpretrain') as caught:
        read_config(ROOT / f'configs/mtcp/{name}.py')
    assert type(caught.value.__cause__) is broken


def test_mmengine_alone_hides_the_message(broken):
    """This is why configs are read in another way."""
    with pytest.raises(ImportError, match='You should set `PYTHONPATH`') as caught:
        Config.fromfile(ROOT / 'configs/mtcp/mtcp_nyud_convnext_s.py')
    assert 'onedl-mmpretrain' not in str(caught.value)


def test_the_installed_versions_are_named(packages, monkeypatch):
    write_package(packages, MISMATCH)
    for name, version in (('mmpretrain', '1.2.3'), ('torchvision', '0.4.5')):
        (packages / f'{name}-{version}.dist-info').mkdir()
        (packages / f'{name}-{version}.dist-info' / 'METADATA').write_text(f'Name: {name}\nVersion: {version}\n')
    monkeypatch.setattr(sys, 'path', [str(packages)])
    with pytest.raises(MissingPackageError, match=r'mmpretrain 1\.2\.3 and torchvision 0\.4\.5\.$'):
        importlib.import_module(MODULE)


@pytest.mark.parametrize('metadata', ['importlib.metadata', 'importlib_metadata'])
def test_language_models_are_left_out_and_transformers_stays_installed(packages, metadata):
    pytest.importorskip(metadata)
    (packages / 'transformers-9.dist-info').mkdir()
    (packages / 'transformers-9.dist-info' / 'METADATA').write_text('Name: transformers\nVersion: 9\n')
    write_package(packages, f"from {metadata} import distribution\ndistribution('transformers')")
    with pytest.raises(MissingPackageError, match='No package metadata was found for transformers'):
        importlib.import_module(MODULE)
    assert importlib.import_module(metadata).distribution('transformers').version == '9'


def test_tools_end_with_the_message_alone(tmp_path):
    (tmp_path / 'torchvision.py').write_text(MISMATCH)
    if importlib.util.find_spec('mmpretrain') is None:
        write_package(tmp_path, 'import torchvision')
    command = [sys.executable, str(ROOT / 'tools/train.py'), 'configs/mtcp/mtcp_nyud_convnext_s.py']
    environment = os.environ | {'PYTHONPATH': os.pathsep.join([str(tmp_path), str(ROOT)])}
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert run.returncode == 1 and 'Traceback' not in run.stderr
    assert run.stderr.splitlines()[-1].startswith(
        'error: mmpretrain cannot be imported (operator torchvision::nms does not exist). '
    )
