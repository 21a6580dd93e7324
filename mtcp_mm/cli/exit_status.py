"""How a tool ends."""

import argparse
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from mtcp_mm.utils import MissingPackageError, explain, is_refused


def exit_status(run: Callable[[argparse.Namespace], Iterable[object] | None], args: argparse.Namespace) -> int:
    """Runs a tool, and says on the standard error what went wrong, without a traceback.

    Args:
        run: Does the tool's work, and returns the faults that did not end it, if there are any. Of what it raises,
            OSError, ValueError and MissingPackageError are the user's to mend, and end it.
        args: What it is given.

    Returns:
        0, or 1 where anything went wrong.
    """
    try:
        faults = list(run(args) or ())
    except (MissingPackageError, OSError, ValueError) as error:
        faults = [error]
    for fault in faults:
        print(f'error: {explain(fault)}', file=sys.stderr)
    return int(bool(faults))


@contextmanager
def quiet_writers() -> Iterator[None]:
    """Keeps threads that write, as TensorBoard's does, from printing a traceback where the system refuses.

    The next call of such a writer raises the error again.
    """
    before = threading.excepthook

    def pass_over(args: threading.ExceptHookArgs) -> None:
        if not is_refused(args.exc_value):
            before(args)

    threading.excepthook = pass_over
    try:
        yield
    finally:
        threading.excepthook = before
