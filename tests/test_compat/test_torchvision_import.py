import importlib
import sys

import pytest
from mmengine.utils.dl_utils import collect_env

from mtcp_mm.compat import without_broken_torchvision


@pytest.fixture
def torchvision(monkeypatch, tmp_path):
    """The file of a fake torchvision, in an interpreter that has not imported it."""
    for name in [name for name in sys.modules if name.partition('.')[0] == 'torchvision']:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path / 'torchvision.py'
    sys.modules.pop('torchvision', None)


def test_a_broken_torchvision_does_not_stop_a_run(torchvision):
    torchvision.write_text("raise RuntimeError('operator torchvision::nms does not exist')")
    with pytest.raises(RuntimeError, match='torchvision::nms'):
        collect_env()
    with without_broken_torchvision():
        assert 'TorchVision' not in collect_env()
    assert 'torchvision' not in sys.modules
    with pytest.raises(RuntimeError, match='torchvision::nms'):  # importing it still fails
        importlib.import_module('torchvision')


def test_a_working_torchvision_is_used(torchvision):
    torchvision.write_text("__version__ = '0.4.5'")
    with without_broken_torchvision():
        assert collect_env()['TorchVision'] == '0.4.5'
    assert sys.modules['torchvision'].__version__ == '0.4.5'
