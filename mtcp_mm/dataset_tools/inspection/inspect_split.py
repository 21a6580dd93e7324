"""Reading a whole split with several processes."""

from mmengine.dataset import BaseDataset

from mtcp_mm.tasks import DataError, Task, TaskCache, build_tasks
from mtcp_mm.utils import run_jobs

from .sample import Sample, read_sample
from .split_summary import SplitSummary

CHUNK = 8
"""Number of samples that a process reads at a time."""


class SummaryDataset:
    """A data set as a sequence of summaries of :data:`CHUNK` samples each.

    Args:
        data: The data set. Its metainfo and its entries have the task list as ``tasks``.

    Raises:
        DataError: The metainfo has no tasks.
    """

    def __init__(self, data: BaseDataset) -> None:
        if not data.metainfo.get('tasks'):
            raise DataError(f'{type(data).__name__} has no tasks in its metainfo; use a MultiTaskDataset')
        self.data = data
        self.tasks = build_tasks(data.metainfo['tasks'])
        self._tasks_of = TaskCache()

    def __len__(self) -> int:
        return -(-len(self.data) // CHUNK)

    def __getitem__(self, index: int) -> SplitSummary:
        summary = SplitSummary(self.tasks)
        for i in range(index * CHUNK, min((index + 1) * CHUNK, len(self.data))):
            summary.add(*self._read(i))
        return summary

    def sample(self, index: int) -> Sample:
        """Reads one sample."""
        return self._read(index)[0]

    def _read(self, index: int) -> tuple[Sample, dict[str, Task]]:
        """Reads one sample. Returns it with the tasks that decode its files, by name."""
        entry = self.data.get_data_info(index)
        tasks = self._tasks_of(entry)
        return read_sample(entry, tasks), tasks


def inspect_split(reader: SummaryDataset, workers: int, title: str) -> SplitSummary:
    """Reads and summarises every sample of a split, with a progress bar.

    Args:
        reader: The split.
        workers: Number of processes. With 1, no other process is started.
        title: Title of the progress bar.
    """
    summary = SplitSummary(reader.tasks)
    for part in run_jobs(reader.__getitem__, range(len(reader)), workers, title):
        summary.merge(part)
    return summary
