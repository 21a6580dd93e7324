"""Prints a run's metrics.json as a table: the network beside the constant predictor."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prettytable import PrettyTable


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
    if not isinstance(metrics, dict) or not isinstance(metrics.get('network'), dict):
        raise ValueError(f'{path} has no "network" metrics; give the metrics.json of a run.')
    return metrics


def make_table(network: Mapping[str, float], constant: Mapping[str, float]) -> PrettyTable:
    """Sets the network's metrics beside the constant predictor's, with their quotient.

    Args:
        network: Value of each ``<task>/<measure>``.
        constant: The same of the constant predictor; measures may be missing.
    """
    table = PrettyTable(['measure', 'network', 'constant', 'network / constant'], align='r')
    table.align['measure'] = 'l'
    for measure, value in network.items():
        reference = constant.get(measure)
        quotient = f'{value / reference:.2f}' if reference else '-'
        table.add_row([measure, f'{value:.3f}', _format(reference), quotient])
    return table


def _format(value: float | None) -> str:
    return '-' if value is None else f'{value:.3f}'


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        metrics = read_metrics(args.metrics)
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    print(f'{args.metrics} (protocol {metrics.get("protocol", "unknown")})')
    print(make_table(metrics['network'], metrics.get('constant') or {}))
    return 0


if __name__ == '__main__':
    sys.exit(main())
