"""A constant baseline that every network should beat."""

from collections.abc import Mapping

from mmseg.registry import DATASETS
from torch import Tensor

from mtcp_mm.tasks import Task, TaskCache, load_map


class BaselinePredictor:
    """Predicts the same value for every pixel: the most frequent class, the mean depth, the mean normal.

    Args:
        values: Prediction (target_channels,) by task name.
    """

    def __init__(self, values: Mapping[str, Tensor]) -> None:
        self.values = dict(values)

    @classmethod
    def fit(cls, dataset: dict, tasks: Mapping[str, Task]) -> 'BaselinePredictor':
        """Fits the baseline to all targets of a data set. Images are not read.

        Args:
            dataset: Config of the data set. Its entries are those of :func:`load_map`.
            tasks: The tasks by name. If an entry has ``tasks``, these decode its files.

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
        """Returns the prediction of a task in the shape of a target (target_channels, H, W)."""
        return self.values[task.name].to(target.device)[:, None, None].expand_as(target)
