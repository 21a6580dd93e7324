"""Scores as text."""

import math
from collections.abc import Mapping

from prettytable import PrettyTable


def format_value(value: float | None) -> str:
    """Writes a score with four digits, and ``-`` where there is none."""
    return '-' if value is None or math.isnan(value) else f'{value:#.4g}'


def format_table(metrics: Mapping) -> str:
    """Writes the scores of a network as a table, beside those of the baseline predictor if there are any.

    Args:
        metrics: What ``metrics.json`` holds: ``network`` and ``constant``, scores by ``<task>/<score>``, and the name
            of the ``protocol``. The first score of each task, its headline, is marked with ``*``.
    """
    predictors = [name for name in ('network', 'constant') if metrics.get(name)]
    table = PrettyTable(['task', 'metric', *predictors], title=f'protocol {metrics["protocol"]}, * headline')
    table.align = 'r'
    table.align['task'] = table.align['metric'] = 'l'
    previous = ''
    for key in metrics['network']:
        task, _, score = key.rpartition('/')
        first = task != previous
        values = [format_value(metrics[name].get(key)) for name in predictors]
        table.add_row([task if first else '', f'{score} *' if first else score, *values])
        previous = task
    return table.get_string()
