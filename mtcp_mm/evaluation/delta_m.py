"""The gain of a multi-task network over single-task ones."""

from collections.abc import Iterable, Mapping

from mtcp_mm.tasks import Task
from mtcp_mm.tasks.settings import check_number
from mtcp_mm.utils import ConfigError


def delta_m(tasks: Iterable[Task], scores: Mapping[str, float], single_task: Mapping[str, float]) -> float:
    """Returns the mean over tasks of the signed relative gain in the headline measure, in percent.

    Args:
        tasks: The tasks; each says which measure is its headline and whether greater is better.
        scores: The network's measures by ``<task>/<measure>``.
        single_task: Headline measure of each task's single-task network, by the task's name.

    Raises:
        ConfigError: See :func:`check_references`.
    """
    tasks = {task.name: task for task in tasks}
    check_references(tasks.values(), single_task)
    gains = [
        (scores[f'{name}/{task.headline}'] / single_task[name] - 1) * (1 if task.greater_is_better else -1)
        for name, task in tasks.items()
    ]
    return 100 * sum(gains) / len(gains)


def check_references(tasks: Iterable[Task], single_task: Mapping[str, float]) -> None:
    """Checks that there is one positive measure of a single-task network for each task.

    Raises:
        ConfigError: ``single_task`` names other tasks than ``tasks``, or a measure is not positive.
    """
    names = [task.name for task in tasks]
    if set(names) != single_task.keys():
        raise ConfigError(
            f'single_task has values of {", ".join(single_task) or "no task"}, the tasks are {", ".join(names)}; '
            'give the headline measure of each'
        )
    for name, value in single_task.items():
        check_number(f'single_task of task "{name}"', value, above=0)
