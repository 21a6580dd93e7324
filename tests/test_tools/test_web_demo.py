import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from mtcp_mm.utils import MissingPackageError, UserError
from mtcp_mm.web import Limits
from tools import web_demo

TOOL = Path(__file__).parents[2] / 'tools' / 'web_demo.py'
TASKS = [dict(type='DepthMap', name='depth', field='depth_map', mean=2.5)]


@pytest.fixture
def arguments(save_network):
    """Arguments for a plain network."""
    config, checkpoint = save_network(TASKS)
    return ['--config', config, '--checkpoint', checkpoint, '--device', 'cpu']


@pytest.fixture
def served(monkeypatch):
    """The arguments of a fake server, which is interrupted at once."""
    calls = []

    @contextmanager
    def serve(*args):
        calls.append(args)
        yield 'http://127.0.0.1:7860/'

    class Interrupted:
        def wait(self):
            raise KeyboardInterrupt

    monkeypatch.setattr(web_demo, 'require_packages', lambda *args: None)
    monkeypatch.setattr(web_demo, 'serving', serve)
    monkeypatch.setattr(web_demo, 'Event', Interrupted)
    monkeypatch.setattr(web_demo.signal, 'signal', lambda *args: None)
    return calls


def test_serves_the_network_to_this_machine_alone(arguments, served, capsys):
    assert web_demo.main(arguments) == 0
    ((inferencer, *rest),) = served
    assert list(inferencer.tasks) == ['depth'] and rest == ['127.0.0.1', None, Limits(30, 30)]
    assert 'open http://127.0.0.1:7860/' in capsys.readouterr().out


def test_options(arguments, served):
    options = ['--host', '0.0.0.0', '--port', '80', '--max-megabytes', '5', '--max-megapixels', '2']
    assert web_demo.main([*arguments, *options]) == 0
    assert served[0][1:] == ('0.0.0.0', 80, Limits(5, 2))


def test_an_address_in_use_is_reported(arguments, served, monkeypatch, capsys):
    def fail(*args):
        raise UserError('127.0.0.1:80: the server cannot listen here')

    monkeypatch.setattr(web_demo, 'serving', fail)
    assert web_demo.main(arguments) == 1
    assert capsys.readouterr().err == 'error: 127.0.0.1:80: the server cannot listen here\n'


def test_missing_packages_are_reported_before_anything_is_loaded(monkeypatch, capsys):
    def miss(user, names):
        raise MissingPackageError(f'{user} needs {names[0]}: pip install {names[0]}')

    monkeypatch.setattr(web_demo, 'require_packages', miss)
    assert web_demo.main(['--config', 'gone.py', '--checkpoint', 'gone.pth']) == 1
    assert capsys.readouterr().err == 'error: the web page needs gradio: pip install gradio\n'


@pytest.mark.parametrize(('name', 'message'), [('config.py', 'no config file'), ('net.pth', 'no checkpoint file')])
def test_missing_files_are_reported(arguments, served, capsys, name, message):
    Path(name).unlink()
    assert web_demo.main(arguments) == 1
    assert message in capsys.readouterr().err


def test_an_unknown_network_is_reported_with_a_remedy(served, capsys):
    assert web_demo.main(['--config', 'no_such_network']) == 1
    assert 'model "no_such_network"' in capsys.readouterr().err


@pytest.mark.slow
def test_ends_cleanly_on_a_signal(arguments, tmp_path):
    for name in ('gradio', 'plotly'):
        pytest.importorskip(name)
    command = [sys.executable, str(TOOL), *arguments]
    environment = dict(PATH='', PYTHONPATH=str(TOOL.parents[1]), TMPDIR=str(tmp_path), NO_PROXY='127.0.0.1')
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        address = process.stdout.readline().split()[1]
        with urllib.request.urlopen(address) as page:
            assert b'gradio_config' in page.read()
        assert len(list(tmp_path.glob('mtcp_mm_*'))) == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
    assert not list(tmp_path.glob('mtcp_mm_*'))
