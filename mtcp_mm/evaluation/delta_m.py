"""The gain of a multi-task network over single-task networks."""

from collections.abc import Collection, Mapping

from mtcp_mm.tasks.settings import check_number
from mtcp_mm.utils import ConfigError

from .metric import Metric


def delta_m(metrics: Mapping[str, Metric], scores: Mapping[str, float], single_task: Mapping[str, float]) -> float:
    """Returns the relative gain in the headline score, averaged over tasks, in percent. Positive means better.

    See Maninis et al., Attentive Single-Tasking of Multiple Tasks, CVPR 2019.

    Args:
        metrics: First metric of each task, by task name. It defines the headline score, and whether greater is better.
        scores: Scores of the multi-task network, by ``<task>/<score>``.
        single_task: Headline score of the single-task network, by task name.

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
    """Checks that ``single_task`` has one positive score for each task.

    Raises:
        ConfigError: The task names differ, or a score is not positive.
    """
    if set(tasks) != single_task.keys():
        raise ConfigError(
            f'single_task has values of {", ".join(single_task) or "no task"}, the tasks are {", ".join(tasks)}; '
            'give one headline score per task'
        )
    for name, value in single_task.items():
        check_number(f'single_task of task "{name}"', value, above=0)
