"""Running many small jobs on several processes."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from typing import TypeVar

from rich.progress import track

Job, Result = TypeVar('Job'), TypeVar('Result')


def usable_cores() -> int:
    """Returns the number of cores that a scheduler left to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1


def run_jobs(
    function: Callable[[Job], Result], jobs: Sequence[Job], workers: int, description: str
) -> Iterator[Result]:
    """Yields what a function returns for each job, in order, with a progress bar.

    Args:
        function: The function, picklable.
        jobs: Its arguments, picklable.
        workers: Number of processes; with 1 this process works.
        description: What stands before the bar.

    Raises:
        ValueError: There is not at least one worker.
        OSError: A worker was killed.
    """
    if workers < 1:
        raise ValueError(f'{workers} workers; give at least one')
    results = map(function, jobs) if workers == 1 else _run_in_pool(function, jobs, workers)
    yield from track(results, description=description, total=len(jobs))


def consume(results: Iterable) -> None:
    """Runs through what has no results."""
    for _ in results:
        pass


def _run_in_pool(function: Callable[[Job], Result], jobs: Sequence[Job], workers: int) -> Iterator[Result]:
    # Forked workers have the imports already, which would cost each of them seconds.
    method = 'fork' if 'fork' in multiprocessing.get_all_start_methods() else None
    context = multiprocessing.get_context(method)
    try:
        with ProcessPoolExecutor(workers, context, initializer=end_with_parent) as pool:
            yield from pool.map(function, jobs, chunksize=4)
    except BrokenExecutor as error:
        raise OSError('a worker process was ended from outside, perhaps for want of memory; use fewer') from error


def end_with_parent() -> None:
    """Ends this worker when its parent is killed; it would wait for work for ever."""

    def watch() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
