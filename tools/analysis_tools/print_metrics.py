"""Prints a run's metrics.json as a table: the network beside the constant predictor."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtcp_mm.evaluation.table import format_table


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


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        metrics = read_metrics(args.metrics)
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    print(format_table(metrics))
    return 0


if __name__ == '__main__':
    sys.exit(main())
