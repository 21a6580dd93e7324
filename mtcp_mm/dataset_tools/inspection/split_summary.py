"""Summary of a split. Summaries of different parts can be merged."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mtcp_mm.tasks import Task

from .class_counts import ClassCounts
from .map_statistics import MapStatistics
from .sample import Fault, LoadedMap, Sample
from .stored_values import StoredValues, add_array, merge_stored
from .value_counts import ValueCounts
from .value_sums import ValueSums, VectorSums


@dataclass(frozen=True)
class Identity:
    """Identity of a sample: its ID, its image file, and a digest of the pixels (None if unreadable)."""

    name: str
    path: str
    digest: str | None


class ImageSummary:
    """Numbers of images by size (height, width), and the distributions of red, green and blue."""

    def __init__(self) -> None:
        self.sizes = Counter()
        self.colors = [ValueCounts() for _ in range(3)]

    def add(self, image: np.ndarray) -> None:
        """Adds an RGB image (H, W, 3)."""
        self.sizes[image.shape[:2]] += 1
        for counts, channel in zip(self.colors, image.transpose(2, 0, 1), strict=True):
            counts.add(channel)

    def merge(self, other: 'ImageSummary') -> None:
        """Adds the images of another summary."""
        self.sizes += other.sizes
        for mine, theirs in zip(self.colors, other.colors, strict=True):
            mine.merge(theirs)


@dataclass
class MapSummary:
    """The maps of one task.

    Args:
        statistics: Statistics of the targets.
        missing: Number of samples without a map.
        broken: Number of maps that cannot be used.
        blank: Number of maps without valid pixels.
        pixels: Number of pixels in the maps that were read.
        valid: Number of valid pixels among them.
        sizes: Number of maps by size (height, width).
        types: Number of maps by dtype of the array in the file.
        stored: Values in the files, by dtype.
        peaks: Number of integer files of binary maps, by their encoding and by whether the largest value that is not
            void is above 1.
        metric_depth: Whether the maps are depth in metres.
    """

    statistics: MapStatistics
    missing: int = 0
    broken: int = 0
    blank: int = 0
    pixels: int = 0
    valid: int = 0
    sizes: Counter = field(default_factory=Counter)
    types: Counter = field(default_factory=Counter)
    stored: dict[str, StoredValues] = field(default_factory=dict)
    peaks: Counter = field(default_factory=Counter)
    metric_depth: bool = False

    def add(self, task: Task, loaded: LoadedMap) -> None:
        """Adds a map."""
        target = task.to_tensor(loaded.target)
        valid = task.valid(target)[0]
        count = int(valid.sum())
        self.statistics.add(target, valid, loaded.values)
        self.blank += not count
        self.pixels += valid.numel()
        self.valid += count
        self.sizes[loaded.target.shape[:2]] += 1
        self.types[str(loaded.values.dtype)] += 1
        add_array(self.stored, task, loaded.values)
        if task.binary and count and loaded.values.dtype.kind in 'iu' and (peak := loaded.values[valid.numpy()].max()):
            self.peaks[task.describe_encoding(loaded.values.dtype), bool(peak > 1)] += 1

    def merge(self, other: 'MapSummary') -> None:
        """Adds the maps of another summary of the same task."""
        self.statistics.merge(other.statistics)
        merge_stored(self.stored, other.stored)
        for name in ('missing', 'broken', 'blank', 'pixels', 'valid', 'sizes', 'types', 'peaks'):
            setattr(self, name, getattr(self, name) + getattr(other, name))


class SplitSummary:
    """The samples of a split.

    Args:
        tasks: The tasks by name.
    """

    def __init__(self, tasks: Mapping[str, Task]) -> None:
        self.samples: list[Identity] = []
        self.faults: list[Fault] = []
        self.images = ImageSummary()
        self.rotated: list[str] = []
        self.maps = {
            name: MapSummary(build_statistics(task), metric_depth=task.metric_depth) for name, task in tasks.items()
        }

    def add(self, sample: Sample, tasks: Mapping[str, Task]) -> None:
        """Adds a sample."""
        self.samples.append(Identity(sample.name, sample.path, digest(sample.image)))
        self.faults += sample.faults
        if sample.image is not None:
            self.images.add(sample.image)
        if sample.rotated:
            self.rotated.append(sample.name)
        for name, summary in self.maps.items():
            if name not in sample.maps:
                summary.broken += 1
            elif (loaded := sample.maps[name]) is None:
                summary.missing += 1
            else:
                summary.add(tasks[name], loaded)

    def merge(self, other: 'SplitSummary') -> None:
        """Adds the samples of another part of the split."""
        self.samples += other.samples
        self.faults += other.faults
        self.images.merge(other.images)
        self.rotated += other.rotated
        for name, summary in self.maps.items():
            summary.merge(other.maps[name])


def build_statistics(task: Task) -> MapStatistics:
    """Returns empty statistics for the maps of a task: of classes, unit vectors or numbers."""
    if task.classes:
        return ClassCounts(task.classes)
    return (VectorSums if task.unit_vectors else ValueSums)(task.target_channels)


def digest(image: np.ndarray | None) -> str | None:
    """Returns a digest of the size and pixels of an image, None without an image."""
    if image is None:
        return None
    return hashlib.blake2b(image.tobytes(), digest_size=16, salt=str(image.shape[:2]).encode()[:16]).hexdigest()
