"""Runs many small jobs on several processes.

The pool is Python's own. Its workers are forked if the system can, so they have this process's imports. Those of joblib
(loky) start anew and import everything again. Eight jobs of 24x32 pixels of :mod:`mtcp_mm.rooms` on two workers took
3.7 s with this one, and 70 s with joblib, 7 s the second time (two busy cores, all of it measured in one process).
"""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from typing import TypeVar

import cv2
import torch
from rich.progress import track

from .errors import ConfigError, UserError

Job, Result = TypeVar('Job'), TypeVar('Result')
AHEAD = 8
"""Maximum number of jobs in the queue per worker, done or not, so that results do not pile up behind a slow one."""
_function: Callable


class LostWorkerError(UserError, OSError):
    """A worker process was killed. The message gives the remedy."""


def usable_cores() -> int:
    """Returns the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1


def run_jobs(
    function: Callable[[Job], Result], jobs: Sequence[Job], workers: int, description: str
) -> Iterator[Result]:
    """Yields the result of a function for each job, in order, with a progress bar.

    Args:
        function: The function, picklable; each worker gets it once.
        jobs: Its arguments, picklable.
        workers: Number of processes. With 1, everything runs in this process.
        description: Text in front of the bar.

    Raises:
        ConfigError: ``workers`` is less than 1.
        LostWorkerError: A worker was killed.
    """
    if workers < 1:
        raise ConfigError(f'{workers} workers; give at least one')
    results = map(function, jobs) if workers == 1 else _run_in_pool(function, jobs, workers)
    yield from track(results, description=description, total=len(jobs))


def consume(results: Iterable) -> None:
    """Exhausts an iterable whose items are not needed."""
    for _ in results:
        pass


def process_pool(workers: int, function: Callable | None = None) -> ProcessPoolExecutor:
    """Returns a pool whose workers have one thread each, and end when this process is killed."""
    method = 'fork' if 'fork' in multiprocessing.get_all_start_methods() else None
    context = multiprocessing.get_context(method)
    return ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(function,))


def _run_in_pool(function: Callable[[Job], Result], jobs: Iterable[Job], workers: int) -> Iterator[Result]:
    """Yields results in order, with a limited queue of jobs."""
    pool, waiting = process_pool(workers, function), deque()
    try:
        for job in jobs:
            waiting.append(pool.submit(_call, job))
            if len(waiting) >= AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenExecutor as error:
        message = 'a worker process was killed, perhaps because memory ran out; use fewer workers'
        raise LostWorkerError(message) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker(function: Callable | None) -> None:
    """Prepares a worker: one thread, and an end when its parent ends."""
    global _function
    _function = function
    # Thread pools do not survive a fork: waiting for them would never end.
    torch.set_num_threads(1)
    cv2.setNumThreads(0)

    def watch() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)  # otherwise the worker would wait for work forever

    threading.Thread(target=watch, daemon=True).start()


def _call(job: Job) -> Result:
    """Calls the function of a worker."""
    return _function(job)
