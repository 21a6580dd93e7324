"""Measures as text."""

import math
from collections.abc import Mapping

from prettytable import PrettyTable


def format_value(value: float | None) -> str:
    """Writes a measure with four digits; ``-`` where there is none."""
    return '-' if value is None or math.isnan(value) else f'{value:#.4g}'


def format_table(metrics: Mapping) -> str:
    """Draws the measures of a network as a table, beside those of the constant predictor where there are any.

    Args:
        metrics: What ``metrics.json`` holds: ``network`` and ``constant``, measures by ``<task>/<measure>``, and the
            name of the ``protocol``. The first measure of each task, its headline, is marked with ``*``.
    """
    predictors = [name for name in ('network', 'constant') if metrics.get(name)]
    table = PrettyTable(['task', 'measure', *predictors], title=f'protocol {metrics["protocol"]}, * headline')
    table.align = 'r'
    table.align['task'] = table.align['measure'] = 'l'
    previous = ''
    for key in metrics['network']:
        task, _, measure = key.rpartition('/')
        first = task != previous
        values = [format_value(metrics[name].get(key)) for name in predictors]
        table.add_row([task if first else '', f'{measure} *' if first else measure, *values])
        previous = task
    return table.get_string()
