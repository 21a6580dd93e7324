"""Scores as a text table."""

import math
from collections.abc import Mapping

from prettytable import PrettyTable


def format_value(value: float | None) -> str:
    """Formats a score with four significant digits, or as ``-`` if it is missing or NaN."""
    return '-' if value is None or math.isnan(value) else f'{value:#.4g}'


def format_table(metrics: Mapping) -> str:
    """Formats the scores of a network as a table, beside those of the baseline if there are any.

    The headline score of each task, its first one, is marked with ``*``.

    Args:
        metrics: Content of ``metrics.json``: ``network`` and ``constant``, scores by ``<task>/<score>``, and the name
            of the ``protocol``.
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
