"""Verification of a prepared data set."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mtcp_mm.dataset_tools.inspection import SummaryDataset, inspect_split
from mtcp_mm.dataset_tools.inspection.split_summary import MapSummary, SplitSummary
from mtcp_mm.datasets.id_files import files_by_id, separate_ids
from mtcp_mm.datasets.layouts import SPLITS, Layout, as_names
from mtcp_mm.datasets.multi_task_dataset import MultiTaskDataset
from mtcp_mm.tasks import DataError

Counts = dict[str, dict[str, Any]]
"""By split, ``images`` (their number) and ``tasks``: by name ``maps``, ``pixels``, ``valid`` (pixels not void) and, of
measured values, ``low`` and ``high``."""


def verify(dataset: type[MultiTaskDataset], root: Path, tasks: Sequence[dict], workers: int) -> Counts:
    """Reads every image of a data set and all its maps through the tasks.

    Args:
        dataset: What reads the data set.
        root: Its folder.
        tasks: The tasks that it may have, as a config lists them.
        workers: Number of processes.

    Returns:
        What there is. A task of which a split has no map is not in its ``tasks``.

    Raises:
        DataError: A file cannot be used, or there is no map at all; the message names it.
        FileNotFoundError: A folder, split or image is missing.
    """
    counts = {}
    for split in SPLITS:
        data = dataset(root, split, tasks_at_hand(dataset, root, split, tasks))
        summary = inspect_split(SummaryDataset(data), workers, f'Checking {split}')
        if faults := summary.faults:
            raise DataError(f'{faults[0]} (of {len(faults)} files that cannot be used, the first)')
        counts[split] = count(summary)
    return counts


def tasks_at_hand(dataset: type[MultiTaskDataset], root: Path, split: str, tasks: Sequence[dict]) -> list[dict]:
    """Returns those tasks of which a split has a map.

    Raises:
        DataError: There is none, or the split is no list of IDs.
    """
    data = dataset(root, split, tasks, lazy_init=True)
    ids = set(separate_ids(data.read_split(), data.image_files()[1]))
    if found := [task for task in tasks if has_maps(data, task['name'], ids)]:
        return found
    raise DataError(f'{root}: no map of any task for the images of split "{split}"; {data.describe_layout()}')


def has_maps(data: MultiTaskDataset, name: str, ids: Collection[str]) -> bool:
    """Whether a data set has a map of a task for any of these images."""
    folders = [Path(data.data_root, folder) for folder in as_names(data.folders[name])]
    return any(
        not files_by_id(folder, data.map_suffixes).keys().isdisjoint(ids) for folder in folders if folder.is_dir()
    )


def count(summary: SplitSummary) -> dict[str, Any]:
    """Returns the numbers of a split; see :data:`Counts`."""
    return dict(images=len(summary.samples), tasks={name: count_maps(maps) for name, maps in summary.maps.items()})


def count_maps(maps: MapSummary) -> dict[str, Any]:
    """Returns the numbers of a task's maps; see :data:`Counts`."""
    numbers = dict(maps=maps.sizes.total(), pixels=maps.pixels, valid=maps.valid)
    channels = maps.statistics.figures().get('values')
    if channels and maps.valid:
        numbers.update(low=min(values['min'] for values in channels), high=max(values['max'] for values in channels))
    return numbers


def describe(counts: Counts, layout: Layout, tasks: Sequence[dict]) -> Iterator[str]:
    """Yields the counts as lines of text."""
    for split, numbers in counts.items():
        whole = layout.sizes[split]
        note = '' if numbers['images'] == whole else f' (the whole data set has {whole})'
        yield f'{split}: {numbers["images"]} images{note}'
        for task in tasks:
            yield f'  {task["name"]:12} {describe_maps(numbers["tasks"].get(task["name"]))}'


def describe_maps(numbers: Mapping[str, Any] | None) -> str:
    """Returns the numbers of a task's maps as text."""
    if numbers is None:
        return '   no maps'
    values = f', {numbers["low"]:.3g} to {numbers["high"]:.3g}' if 'low' in numbers else ''
    return f'{numbers["maps"]:5} maps, {1 - numbers["valid"] / numbers["pixels"]:.1%} void{values}'


@contextmanager
def blaming(source: Path, partial: Path) -> Iterator[None]:
    """Names the source in errors about files made from it, which are deleted before the user reads the message.

    Raises:
        DataError: In place of DataError and of missing files.
    """
    try:
        yield
    except (DataError, FileNotFoundError) as error:
        raise DataError(str(error).replace(str(partial), str(source))) from error
