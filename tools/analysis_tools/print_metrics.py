"""Prints a run's metrics.json as a table: the network beside the constant predictor."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtcp_mm.evaluation.table import format_table
from mtcp_mm.utils import exit_status


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('metrics', type=Path, help='metrics.json of a work directory')
    return parser.parse_args(argv)


def read_metrics(path: Path) -> dict[str, Any]:
    """Reads a metrics file.

    Args:
        path: JSON file with ``network``, ``constant`` ({'<task>/<measure>': value}) and
            ``protocol``.

    Raises:
        OSError: If the file cannot be read.
        ValueError: If it is not a metrics file.
    """
    try:
        metrics = json.loads(path.read_text(encoding='utf-8'))
    except json.JSONDecodeError as error:
        raise ValueError(f'{path} is not JSON ({error}); evaluate again.') from error
    if not isinstance(metrics, dict) or not isinstance(metrics.get('network'), dict) or 'protocol' not in metrics:
        raise ValueError(f'{path} has no "network" metrics; give the metrics.json of a run.')
    return metrics


def run(args: argparse.Namespace) -> None:
    """Prints the table."""
    print(format_table(read_metrics(args.metrics)))


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, or 1 where anything went wrong, which is said on the standard error."""
    return exit_status(run, parse_args(argv))


if __name__ == '__main__':
    sys.exit(main())
