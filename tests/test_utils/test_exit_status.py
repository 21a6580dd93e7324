from argparse import Namespace

import pytest

from mtcp_mm.utils import MissingPackageError, exit_status


@pytest.mark.parametrize('nothing', [None, [], ()])
def test_nothing_wrong(capsys, nothing):
    seen = []
    assert exit_status(lambda args: seen.append(args.x) or nothing, Namespace(x=1)) == 0
    assert seen == [1] and capsys.readouterr().err == ''


def test_faults_that_did_not_end_it_are_all_said(capsys):
    assert exit_status(lambda _: ['a.jpg: no picture', ValueError('b.mp4: cut off')], Namespace()) == 1
    assert capsys.readouterr().err == 'error: a.jpg: no picture\nerror: b.mp4: cut off\n'


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
