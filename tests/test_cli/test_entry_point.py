import errno
import os
import threading
from argparse import ArgumentParser, Namespace

import pytest

from mtcp_mm.cli import tool
from mtcp_mm.cli.entry_point import quiet_writers
from mtcp_mm.utils import MissingFileError, MissingPackageError, UserError


def parse_args(argv):
    parser = ArgumentParser()
    parser.add_argument('--x', type=int, default=1)
    return parser.parse_args(argv)


def raising(error):
    @tool(parse_args)
    def main(args: Namespace) -> None:
        raise error

    return main


@pytest.mark.parametrize('nothing', [None, [], ()])
def test_nothing_wrong(capsys, nothing):
    seen = []

    @tool(parse_args)
    def main(args):
        seen.append(args.x)
        return nothing

    assert main(['--x', '3']) == 0
    assert seen == [3] and capsys.readouterr().err == ''


def test_takes_the_programs_own_command_line(monkeypatch):
    monkeypatch.setattr('sys.argv', ['tool', '--x', '5'])
    seen = []
    assert tool(parse_args)(lambda args: seen.append(args.x))() == 0
    assert seen == [5]


def test_errors_that_did_not_end_it_are_all_printed(capsys):
    main = tool(parse_args)(lambda _: ['a.jpg: no image', UserError('b.mp4: cut off')])
    assert main([]) == 1
    assert capsys.readouterr().err == 'error: a.jpg: no image\nerror: b.mp4: cut off\n'


@pytest.mark.parametrize(
    'error', [MissingFileError('no a.jpg'), UserError('bad'), MissingPackageError('get b'), FileNotFoundError('no c')]
)
def test_an_error_of_the_user_ends_without_a_traceback(capsys, error):
    assert raising(error)([]) == 1
    assert capsys.readouterr().err == f'error: {error}\n'


@pytest.mark.parametrize(
    'error',
    [TypeError('a bug'), ValueError('a bug'), OSError('a bug'), ImportError('a bug'), KeyError(1), KeyboardInterrupt()],
)
def test_a_bug_is_not_hidden(error):
    with pytest.raises(type(error)) as caught:
        raising(error)([])
    assert caught.value is error


def test_a_full_disk_is_reported_with_a_remedy(capsys):
    assert raising(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))([]) == 1
    assert 'error: a file cannot be written (No space left on device). Make room' in capsys.readouterr().err


@pytest.mark.parametrize(('error', 'times'), [(OSError(errno.ENOSPC, 'full'), 0), (KeyError('a bug'), 1)])
def test_a_thread_that_writes_prints_no_traceback(monkeypatch, error, times):
    def fail() -> None:
        raise error

    printed = []
    monkeypatch.setattr(threading, 'excepthook', printed.append)
    with quiet_writers():
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    assert len(printed) == times and threading.excepthook == printed.append


def test_a_thread_that_writes_is_kept_quiet_while_a_tool_works():
    hooks = []
    before = threading.excepthook
    tool(parse_args)(lambda _: hooks.append(threading.excepthook))([])
    assert hooks[0] is not before and threading.excepthook is before
