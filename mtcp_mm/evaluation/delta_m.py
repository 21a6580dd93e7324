"""The gain of a multi-task network over single-task ones."""

from collections.abc import Collection, Mapping

from mtcp_mm.tasks.settings import check_number
from mtcp_mm.utils import ConfigError

from .metric import Metric


def delta_m(metrics: Mapping[str, Metric], scores: Mapping[str, float], single_task: Mapping[str, float]) -> float:
    """Returns the mean over tasks of the signed relative gain in the headline score, in percent.

    Args:
        metrics: The first metric of each task, by the task's name. It says which score is the headline, and whether
            greater is better.
        scores: The network's scores by ``<task>/<score>``.
        single_task: Headline score of each task's single-task network, by the task's name.

    Raises:
        ConfigError: See :func:`check_references`.
    """
    check_references(metrics, single_task)
    gains = [
        (scores[f'{name}/{metric.headline}'] / single_task[name] - 1) * (1 if metric.greater_is_better else -1)
        for name, metric in metrics.items()
    ]
    return 100 * sum(gains) / len(gains)


def check_references(tasks: Collection[str], single_task: Mapping[str, float]) -> None:
    """Checks that there is one positive score of a single-task network for each task, by its name.

    Raises:
        ConfigError: ``single_task`` names other tasks than ``tasks``, or a score is not positive.
    """
    if set(tasks) != single_task.keys():
        raise ConfigError(
            f'single_task has values of {", ".join(single_task) or "no task"}, the tasks are {", ".join(tasks)}; '
            'give the headline score of each'
        )
    for name, value in single_task.items():
        check_number(f'single_task of task "{name}"', value, above=0)
