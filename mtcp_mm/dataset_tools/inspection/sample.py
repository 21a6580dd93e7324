"""Reading one sample, and collecting its faults."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from mtcp_mm.datasets.map_sizes import check_map_size
from mtcp_mm.datasets.transforms import LoadImage
from mtcp_mm.tasks import Task, read_map
from mtcp_mm.utils.rgb_image import is_turned

T = TypeVar('T')
_load_image = LoadImage()


@dataclass(frozen=True)
class Fault:
    """A file on which training would fail.

    Args:
        sample: ID of the sample.
        file: The file.
        reason: What is wrong with it.
        task: Task of the map; None for the image.
    """

    sample: str
    file: str
    reason: str
    task: str | None = None

    def __str__(self) -> str:
        return f'{self.file}: {self.reason}'


@dataclass(frozen=True)
class LoadedMap:
    """A map of a task: the array in the file, and the decoded target (H, W[, channels])."""

    values: np.ndarray
    target: np.ndarray


@dataclass
class Sample:
    """The readable content of a sample.

    Args:
        name: ID of the sample.
        path: Its image file.
        image: RGB (H, W, 3), uint8; None if it cannot be read.
        maps: The readable maps by task name; None if the sample has no map of the task.
        faults: The files that cannot be read.
        rotated: Whether the image was rotated by its EXIF data.
    """

    name: str
    path: str
    image: np.ndarray | None = None
    maps: dict[str, LoadedMap | None] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    rotated: bool = False

    def attempt(self, read: Callable[[], T], file: str, task: str | None = None) -> T | None:
        """Calls ``read``, and returns its result. If it fails, adds a fault and returns None.

        Args:
            read: Reads the file.
            file: The file, for the fault.
            task: Task of the map; None for the image.
        """
        try:
            return read()
        except Exception as error:  # custom readers may raise anything; the other files should still be read
            reason = str(error) if isinstance(error, ValueError) else f'{type(error).__name__}: {error}'
            self.faults.append(Fault(self.name, file, reason.removeprefix(f'{file}: '), task))
            return None


def read_sample(entry: Mapping, tasks: Mapping[str, Task]) -> Sample:
    """Reads the image and the maps of a data set entry. Unreadable files become faults, not errors.

    Args:
        entry: Entry from ``get_data_info`` of a :class:`MultiTaskDataset`.
        tasks: The tasks by name.
    """
    sample = Sample(str(entry['sample_id']), entry['img_path'])
    upright = entry.get('upright', True)
    source = dict(img_path=sample.path, upright=upright)
    sample.image = sample.attempt(lambda: _load_image(source)['img'][..., ::-1], sample.path)
    sample.rotated = upright and is_turned(sample.path)
    for name, task in tasks.items():
        file = entry['map_paths'].get(name)
        if file is None:
            sample.maps[name] = None
        elif loaded := sample.attempt(lambda task=task: _read_map(task, entry, sample.image), str(file), name):
            sample.maps[name] = loaded
    return sample


def _read_map(task: Task, entry: Mapping, image: np.ndarray | None) -> LoadedMap:
    """Reads a map like :func:`mtcp_mm.tasks.load_map`, but also keeps the array in the file."""
    path = entry['map_paths'][task.name]
    values = read_map(task, entry)
    target = task.decode(values, path)
    if image is not None:
        check_map_size(path, target, task.name, f'its image {entry["img_path"]}', image.shape[:2])
    return LoadedMap(values, target)
