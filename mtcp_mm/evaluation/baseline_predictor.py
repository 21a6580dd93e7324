"""The predictor that every network has to beat."""

from collections.abc import Mapping

from mmseg.registry import DATASETS
from torch import Tensor

from mtcp_mm.tasks import Task, TaskCache, load_map


class BaselinePredictor:
    """Predicts the same for every pixel: the commonest class, the mean depth, the mean normal.

    Args:
        values: What it predicts, by the task's name, each (target_channels,).
    """

    def __init__(self, values: Mapping[str, Tensor]) -> None:
        self.values = dict(values)

    @classmethod
    def fit(cls, dataset: dict, tasks: Mapping[str, Task]) -> 'BaselinePredictor':
        """Reads all targets of a data set once, and no image.

        Args:
            dataset: Config of a data set whose entries name the target files, as :func:`load_map` takes them.
            tasks: The tasks by name. An entry's own ``tasks``, if it has any, say how its files are read.

        Raises:
            DataError: A target file is damaged; the message names it.
        """
        data, tasks_of = DATASETS.build(dataset), TaskCache()
        totals = {name: task.baseline_statistics(task.to_tensor(task.empty(1, 1))) for name, task in tasks.items()}
        for index in range(len(data)):
            entry = data.get_data_info(index)
            for name, task in tasks.items():
                reader = tasks_of(entry).get(name, task)
                if (target := load_map(reader, entry)) is not None:
                    totals[name] += task.baseline_statistics(task.to_tensor(target))
        return cls({name: task.baseline_prediction(totals[name]) for name, task in tasks.items()})

    def predict(self, task: Task, target: Tensor) -> Tensor:
        """Returns a task's prediction in the shape (target_channels, H, W) of a target."""
        return self.values[task.name].to(target.device)[:, None, None].expand_as(target)
