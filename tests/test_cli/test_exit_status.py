import errno
import os
import threading
from argparse import Namespace

import pytest

from mtcp_mm.cli.exit_status import exit_status, quiet_writers
from mtcp_mm.utils import MissingPackageError, explain


@pytest.mark.parametrize('nothing', [None, [], ()])
def test_nothing_wrong(capsys, nothing):
    seen = []
    assert exit_status(lambda args: seen.append(args.x) or nothing, Namespace(x=1)) == 0
    assert seen == [1] and capsys.readouterr().err == ''


def test_faults_that_did_not_end_it_are_all_said(capsys):
    assert exit_status(lambda _: ['a.jpg: no image', ValueError('b.mp4: cut off')], Namespace()) == 1
    assert capsys.readouterr().err == 'error: a.jpg: no image\nerror: b.mp4: cut off\n'


@pytest.mark.parametrize('error', [FileNotFoundError('no a.jpg'), ValueError('bad'), MissingPackageError('get b')])
def test_what_the_user_mends_ends_without_a_traceback(capsys, error):
    def run(args: Namespace) -> None:
        raise error

    assert exit_status(run, Namespace()) == 1
    assert capsys.readouterr().err == f'error: {error}\n'


@pytest.mark.parametrize('error', [TypeError('a bug'), ImportError('a bug'), KeyboardInterrupt()])
def test_a_bug_is_not_hidden(error):
    def run(args: Namespace) -> None:
        raise error

    with pytest.raises(type(error)):
        exit_status(run, Namespace())


@pytest.mark.parametrize('number', [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG])
@pytest.mark.parametrize(('files', 'named'), [(['log'], 'log'), ([], 'a file')])
def test_where_the_system_refuses_to_write_a_remedy_is_said(capsys, number, files, named):
    def run(args: Namespace) -> None:
        raise OSError(number, os.strerror(number), *files)

    assert exit_status(run, Namespace()) == 1
    said = capsys.readouterr().err
    assert said.startswith(f'error: {named} cannot be written ({os.strerror(number)})') and 'Make room' in said


def test_other_errors_of_the_system_are_said_as_they_are():
    assert explain(FileNotFoundError(errno.ENOENT, 'no such file', 'a')) == "[Errno 2] no such file: 'a'"


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
