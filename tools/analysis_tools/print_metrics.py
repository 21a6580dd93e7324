"""Prints the metrics.json of a run as a table, with the network beside the constant predictor."""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtcp_mm.cli import tool
from mtcp_mm.evaluation.table import format_table
from mtcp_mm.utils import read_json, reading

REMEDY = 'give the metrics.json of a run, or evaluate again'


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('metrics', type=Path, help='metrics.json of a work directory')
    return parser.parse_args(argv)


def read_metrics(path: Path) -> dict[str, Any]:
    """Reads a metrics file.

    Args:
        path: JSON file with ``network``, ``constant`` ({'<task>/<metric>': value}) and ``protocol``.

    Raises:
        MissingFileError: The file does not exist.
        UserError: It is not a metrics file.
    """
    metrics = read_json(path, REMEDY)
    with reading(path, REMEDY, 'no metrics of a run'):
        for scores in (metrics['network'], metrics.get('constant') or {}):
            for value in scores.values():
                value is None or math.isnan(value)  # raises for anything but a number
        metrics['protocol']
    return metrics


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Prints the table."""
    print(format_table(read_metrics(args.metrics)))


if __name__ == '__main__':
    sys.exit(main())
