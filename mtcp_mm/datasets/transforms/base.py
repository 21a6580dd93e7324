from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from mmcv.transforms import BaseTransform

from mtcp_mm.tasks import Task, build_tasks
from mtcp_mm.utils import ConfigError

COORDINATES = 'gt_seg_map'


@dataclass(frozen=True)
class View:
    """The geometry of an image when a :class:`TaskTransform` last saw it with its targets.

    Args:
        size: Its height and width.
        flip: Direction in which it is mirrored; None if it is not.
        sizes_differ: Whether the targets have a size of their own, as in testing, where they are loaded last.
    """

    size: tuple[int, int]
    flip: str | None
    sizes_differ: bool


class TaskTransform(BaseTransform):
    """A transform that asks the tasks how their maps change.

    A task's target (H, W[, 3]) is ``results['gt_<field>']``, and the task list is ``results['tasks']``. An image
    without tasks, as in inference, has no targets to change.

    Each such transform checks that nothing moved the image without its targets since the last one. Three things tell:
    the image's size, the ``flip`` that transforms of the OpenMMLab family report, and ``gt_seg_map``. The latter is a
    map of coordinates that these transforms take for a segmentation map, and move with the image.

    Added keys, where there are targets: ``view``, ``gt_seg_map`` and ``seg_fields``.

    Raises:
        ConfigError: Something else moved the image and not the targets, or this transform did; from calls.
    """

    needs_equal_sizes = False
    """Whether it needs image and maps of one size."""
    _entries: list[dict] | None = None
    _tasks: dict[str, Task]

    def __call__(self, results: dict) -> dict | None:
        """Transforms a sample whose image and targets are together, and are so afterwards."""
        before = self.check_alignment(results)
        after = self.transform(results)
        if after is not None and 'img' in after and (sizes := self.target_sizes(after)):
            size = after['img'].shape[:2]
            sizes_differ = sizes != {size}
            if sizes_differ and before and not before.sizes_differ:
                raise ConfigError(
                    f'{type(self).__name__} made the image {size} (height, width) and the maps '
                    f'{", ".join(map(str, sorted(sizes)))}; it has to change both, the maps by change_targets'
                )
            after.update(view=View(size, flip_direction(after), sizes_differ), **self.coordinate_map(after, size))
        return after

    def tasks(self, results: dict) -> list[Task]:
        """Returns the tasks of a sample."""
        entries = results.get('tasks')
        if not entries:
            return []
        if entries != self._entries:  # samples of one data set share their list: built once
            self._entries, self._tasks = entries, build_tasks(entries)
        return list(self._tasks.values())

    def target_sizes(self, results: dict) -> set[tuple[int, int]]:
        """Returns the sizes (height, width) of the targets at hand."""
        keys = [f'gt_{task.field}' for task in self.tasks(results)]
        return {results[key].shape[:2] for key in keys if key in results}

    def check_alignment(self, results: dict) -> View | None:
        """Returns how the image lies beside its targets, None where there are none.

        Raises:
            ConfigError: It is not as it was when a transform of the tasks last saw both.
        """
        sizes = self.target_sizes(results)
        if not sizes or 'img' not in results:
            return None
        size = results['img'].shape[:2]
        other_size = min(sizes - {size}, default=size)
        view = results.get('view') or View(other_size, None, False)
        if changed := self.describe_change(results, view, other_size):
            raise ConfigError(
                f'{results.get("img_path", "a sample")}: before {type(self).__name__} the image was {changed}, and the '
                'maps of the tasks were not. What moves the image once the maps are loaded has to move both: use '
                'MultiTaskRandomFlip, MultiTaskRandomCrop, MultiTaskResize, MultiTaskRandomScale, MultiTaskRandomZoom '
                'or MultiTaskRandomRotateScale in place of transforms that do not know the tasks'
            )
        if view.sizes_differ and self.needs_equal_sizes:
            raise ConfigError(
                f'{type(self).__name__} needs maps as large as the image, {size} (height, width), and one has '
                f'{other_size}; put LoadTaskMaps before what resizes the image'
            )
        return view

    def describe_change(self, results: dict, view: View, other_size: tuple[int, int]) -> str | None:
        """Says in words how the image was moved since it had this view, None if it was not.

        Args:
            results: The sample.
            view: How its image lay.
            other_size: Size of a target that has not the image's, or else the image's.
        """
        size, flip = results['img'].shape[:2], flip_direction(results)
        if size != view.size or (other_size != size and not view.sizes_differ):
            return f'changed from {other_size if size == view.size else view.size} to {size} (height, width)'
        if flip != view.flip:
            return f'mirrored ({flip})'
        coordinates = self.coordinate_map(results, size) if 'view' in results else {}
        return None if all(np.array_equal(results.get(key), coordinates[key]) for key in coordinates) else 'moved'

    def coordinate_map(self, results: dict, size: tuple[int, int]) -> dict:
        """Returns the map of coordinates under the keys that transforms of the family know, unless a task has them."""
        if any(f'gt_{task.field}' == COORDINATES for task in self.tasks(results)):
            return {}
        return {COORDINATES: np.arange(size[0] * size[1], dtype=np.float32).reshape(size), 'seg_fields': [COORDINATES]}

    def change_targets(self, results: dict, change: Callable[[Task, np.ndarray], np.ndarray]) -> None:
        """Replaces each target at hand by ``change(task, target)``."""
        for task in self.tasks(results):
            key = f'gt_{task.field}'
            if key in results:
                results[key] = change(task, results[key])


def flip_direction(results: dict) -> str | None:
    """Returns the direction in which a sample's image is mirrored, as the family's transforms report it."""
    return (results.get('flip_direction') or 'horizontal') if results.get('flip') else None
