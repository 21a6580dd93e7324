"""The gain of a multi-task network over single-task ones."""

from collections.abc import Iterable, Mapping

from mtcp_mm.tasks import Task


def delta_m(tasks: Iterable[Task], scores: Mapping[str, float], single_task: Mapping[str, float]) -> float:
    """Returns the mean over tasks of the signed relative gain in the headline measure, in percent.

    Args:
        tasks: The tasks; each says which measure is its headline and whether greater is better.
        scores: The network's measures by ``<task>/<measure>``.
        single_task: Headline measure of each task's single-task network, by the task's name.

    Raises:
        ValueError: ``single_task`` names other tasks than ``tasks``.
    """
    tasks = {task.name: task for task in tasks}
    if tasks.keys() != single_task.keys():
        raise ValueError(
            f'single_task has values of {", ".join(single_task) or "no task"}, the tasks are {", ".join(tasks)}; '
            'give the headline measure of each'
        )
    gains = [
        (scores[f'{name}/{task.headline}'] / single_task[name] - 1) * (1 if task.greater_is_better else -1)
        for name, task in tasks.items()
    ]
    return 100 * sum(gains) / len(gains)
