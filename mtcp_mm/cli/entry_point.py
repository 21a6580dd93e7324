"""Running a tool, and reporting its errors."""

import functools
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from mtcp_mm.utils import UserError, is_write_error, translated_errors

Work = Callable[[Namespace], Iterable[object] | None]
Main = Callable[[Sequence[str] | None], int]


def tool(parse_args: Callable[[Sequence[str] | None], Namespace]) -> Callable[[Work], Main]:
    """Makes the ``main`` of a tool from a function that does its work.

    The work takes the parsed arguments. It may return errors that did not end it, such as files that could not be read.
    Errors that the user can fix are printed to standard error without a traceback: those that are returned, and a
    :class:`UserError` that ends the work. A bug keeps its traceback.

    The ``main`` takes the command line, by default the program's own, and returns the exit status: 0, or 1 if anything
    went wrong.

    Args:
        parse_args: Reads the command line.
    """

    def make_main(work: Work) -> Main:
        @functools.wraps(work)
        def main(argv: Sequence[str] | None = None) -> int:
            args = parse_args(argv)
            try:
                with translated_errors(), quiet_writers():
                    faults = list(work(args) or ())
            except UserError as error:
                faults = [error]
            for fault in faults:
                print(f'error: {fault}', file=sys.stderr)
            return int(bool(faults))

        return main

    return make_main


@contextmanager
def quiet_writers() -> Iterator[None]:
    """Keeps writer threads, such as TensorBoard's, from printing a traceback if the disk is full.

    The next call of the writer raises the error again.
    """
    print_traceback = threading.excepthook

    def print_unless_full(args: threading.ExceptHookArgs) -> None:
        if not is_write_error(args.exc_value):
            print_traceback(args)

    threading.excepthook = print_unless_full
    try:
        yield
    finally:
        threading.excepthook = print_traceback
