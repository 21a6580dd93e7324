import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import pytest
import torch

from mtcp_mm.utils import run_jobs


def square(number: int) -> int:
    if number < 0:
        raise ValueError(f'negative: {number}')
    return number * number


def die(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize('workers', [1, 2])
def test_results_come_in_order_and_errors_unchanged(workers):
    assert list(run_jobs(square, range(11), workers, 'Working')) == [n * n for n in range(11)]
    with pytest.raises(ValueError, match='^negative: -3$'):
        list(run_jobs(square, [1, -3, 2], workers, 'Working'))


def test_a_killed_worker_is_reported():
    with pytest.raises(OSError, match='use fewer'):
        list(run_jobs(die, [1, 2], 2, 'Working'))


def add(numbers: tuple[int, int], third: int) -> int:
    return sum(numbers) + third


def test_many_jobs_of_two_workers_come_in_order():
    assert list(run_jobs(partial(add, third=1), [(n, n) for n in range(50)], 2, 'Working')) == list(range(1, 101, 2))


def alone(number: int) -> tuple[int, int]:
    return torch.get_num_threads(), cv2.getNumThreads()


def test_each_worker_has_one_thread():
    assert set(run_jobs(alone, range(3), 2, 'Working')) == {(1, 1)}


def loiter(folder: str) -> None:
    Path(folder, str(os.getpid())).touch()
    time.sleep(60)


def wait_until(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 30
    while time.monotonic() < end and not true():
        time.sleep(0.05)
    return true()


def is_alive(pid: int) -> bool:
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not Path('/proc/self/stat').is_file(), reason='needs /proc')
def test_workers_end_with_a_killed_parent(tmp_path):
    parent = multiprocessing.get_context('fork').Process(
        target=lambda: list(run_jobs(loiter, [str(tmp_path)] * 2, 2, 'Working'))
    )
    parent.start()
    assert wait_until(lambda: len(list(tmp_path.iterdir())) == 2)
    workers = [int(path.name) for path in tmp_path.iterdir()]
    assert all(map(is_alive, workers))
    parent.kill()
    assert wait_until(lambda: not any(map(is_alive, workers)))


def test_no_workers_are_refused():
    with pytest.raises(ValueError, match='at least one'):
        list(run_jobs(square, [1], 0, 'Working'))
