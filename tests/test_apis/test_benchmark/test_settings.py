import pytest
import torch

from mtcp_mm.apis.benchmark import settings as module
from mtcp_mm.apis.benchmark.settings import Settings, check_settings, memory_errors, open_device
from mtcp_mm.utils import UserError


@pytest.mark.parametrize('name', ['cuda:99', 'nonsense', 'meta'])
def test_a_device_that_cannot_be_measured_is_reported(name):
    with pytest.raises(UserError, match=name) as caught:
        open_device(name)
    assert '\n' not in str(caught.value)


def test_a_precision_of_the_device_passes():
    for dtype in (torch.float32, torch.bfloat16):
        check_settings(Settings(open_device('cpu'), dtype))


def test_a_precision_that_the_device_lacks_is_reported(monkeypatch):
    def refuse(*args):
        raise RuntimeError('"conv2d" not implemented for \'BFloat16\'\nmore')

    monkeypatch.setattr(module.nn, 'Conv2d', refuse)
    with pytest.raises(UserError, match="^cpu cannot compute in bfloat16 .*'BFloat16'.; choose another$"):
        check_settings(Settings(torch.device('cpu'), torch.bfloat16))


def test_training_in_float16_needs_a_gpu():
    with pytest.raises(UserError, match='bfloat16'):
        check_settings(Settings(torch.device('cpu'), torch.float16, train=True))


def test_compiling_needs_a_compiler(monkeypatch, tmp_path):
    monkeypatch.delenv('CXX', raising=False)
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(UserError, match=r'C\+\+ compiler'):
        check_settings(Settings(torch.device('cpu'), compile=True))


def test_used_up_memory_is_reported():
    with pytest.raises(UserError, match='^cpu has too little memory; choose a smaller batch'):
        with memory_errors(torch.device('cpu')):
            torch.empty(2**60)
    with pytest.raises(RuntimeError, match='inconsistent'):
        with memory_errors(torch.device('cpu')):
            raise RuntimeError('inconsistent shapes')
