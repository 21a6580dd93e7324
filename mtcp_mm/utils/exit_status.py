"""How a tool ends."""

import argparse
import sys
from collections.abc import Callable, Iterable

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
        print(f'error: {fault}', file=sys.stderr)
    return int(bool(faults))
