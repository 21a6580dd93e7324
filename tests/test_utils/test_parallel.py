import os
import signal

import pytest

from mtcp_mm.utils import run_jobs


def square(number: int) -> int:
    if number < 0:
        raise ValueError(f'negative: {number}')
    return number * number


def die(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize('workers', [1, 2])
def test_results_come_in_order_and_errors_as_they_are(workers):
    assert list(run_jobs(square, range(11), workers, 'Working')) == [n * n for n in range(11)]
    with pytest.raises(ValueError, match='^negative: -3$'):
        list(run_jobs(square, [1, -3, 2], workers, 'Working'))


def test_a_killed_worker_is_told():
    with pytest.raises(OSError, match='use fewer'):
        list(run_jobs(die, [1, 2], 2, 'Working'))


def test_no_workers_are_refused():
    with pytest.raises(ValueError, match='at least one'):
        list(run_jobs(square, [1], 0, 'Working'))
