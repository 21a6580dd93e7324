"""How a tool ends."""

import argparse
import sys
from collections.abc import Callable, Iterable

from .files import WRITE_ERRORS, UnwritableError
from .packages import MissingPackageError


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


def explain(fault: object) -> str:
    """Returns the message of a fault, with a remedy where the system refused to write."""
    if isinstance(fault, OSError) and fault.errno in WRITE_ERRORS and not isinstance(fault, UnwritableError):
        return str(UnwritableError.of(fault.filename or 'what was to be written', fault))
    return str(fault)
