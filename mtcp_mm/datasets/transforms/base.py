from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from mmcv.transforms import BaseTransform

from mtcp_mm.tasks import Task, build_tasks
from mtcp_mm.utils import ConfigError

COORDINATES = 'gt_seg_map'
"""Key of the coordinate map. Transforms of MMSegmentation take it for a segmentation map."""


@dataclass(frozen=True)
class View:
    """The geometry of an image after the last :class:`TaskTransform`.

    Args:
        size: Height and width.
        flip: Direction of the flip; None if the image is not flipped.
        sizes_differ: Whether the targets have another size, as in testing, where the image is resized before they are
            loaded.
    """

    size: tuple[int, int]
    flip: str | None
    sizes_differ: bool


class TaskTransform(BaseTransform):
    """A transform of the image and the targets of all tasks.

    The task list is ``results['tasks']``, the target (H, W[, channels]) of each task ``results['gt_<field>']``. In
    inference there are no tasks, and only the image changes.

    Each call checks that no other transform moved the image without its targets. It compares the image size, the
    ``flip`` that OpenMMLab transforms record, and ``gt_seg_map``: a map of pixel coordinates, which OpenMMLab
    transforms take for a segmentation map and move with the image.

    Added keys, if there are targets: ``view``, ``gt_seg_map`` and ``seg_fields``.

    Raises:
        ConfigError: A transform moved the image without the targets. Raised by calls.
    """

    needs_equal_sizes = False
    """Whether the image and the targets must have the same size."""
    _entries: list[dict] | None = None
    _tasks: dict[str, Task]

    def __call__(self, results: dict) -> dict | None:
        """Transforms a sample, and checks before and after that image and targets are aligned."""
        before = self.check_alignment(results)
        checked = results.get(COORDINATES) if 'view' in results else None
        after = self.transform(results)
        if after is not None and 'img' in after and (sizes := self.target_sizes(after)):
            size = after['img'].shape[:2]
            sizes_differ = sizes != {size}
            if sizes_differ and before and not before.sizes_differ:
                raise ConfigError(
                    f'{type(self).__name__} made the image {size} (height, width) and the maps '
                    f'{", ".join(map(str, sorted(sizes)))}; it has to change both, the maps with change_targets'
                )
            after['view'] = View(size, flip_direction(after), sizes_differ)
            is_same = checked is not None and after.get(COORDINATES) is checked and checked.shape == size
            if not is_same and self.has_coordinates(after):
                after.update({COORDINATES: coordinates(size).copy(), 'seg_fields': [COORDINATES]})
        return after

    def tasks(self, results: dict) -> list[Task]:
        """Returns the tasks of a sample."""
        entries = results.get('tasks')
        if not entries:
            return []
        if entries != self._entries:  # the samples of a data set have the same list
            self._entries, self._tasks = entries, build_tasks(entries)
        return list(self._tasks.values())

    def target_sizes(self, results: dict) -> set[tuple[int, int]]:
        """Returns the sizes (height, width) of the loaded targets."""
        keys = [f'gt_{task.field}' for task in self.tasks(results)]
        return {results[key].shape[:2] for key in keys if key in results}

    def check_alignment(self, results: dict) -> View | None:
        """Returns the view of the image, None without targets.

        Raises:
            ConfigError: Another transform moved the image without the targets, or the sizes differ where they must not.
        """
        sizes = self.target_sizes(results)
        if not sizes or 'img' not in results:
            return None
        size = results['img'].shape[:2]
        other_size = min(sizes - {size}, default=size)
        view = results.get('view') or View(other_size, None, False)
        if changed := self.describe_change(results, view, other_size):
            raise ConfigError(
                f'{results.get("img_path", "a sample")}: before {type(self).__name__} the image was {changed}, but the '
                'maps of the tasks were not. After LoadTaskMaps, a transform has to change both: use '
                'MultiTaskRandomFlip, MultiTaskRandomCrop, MultiTaskResize, MultiTaskRandomScale, MultiTaskRandomZoom '
                'or MultiTaskRandomRotateScale instead of stock transforms'
            )
        if view.sizes_differ and self.needs_equal_sizes:
            raise ConfigError(
                f'{type(self).__name__} needs maps of the image size {size} (height, width), but one has '
                f'{other_size}; put LoadTaskMaps before the transform that resizes the image'
            )
        return view

    def describe_change(self, results: dict, view: View, other_size: tuple[int, int]) -> str | None:
        """Describes how the image was moved since an earlier view. Returns None if it was not.

        Args:
            results: The sample.
            view: The earlier view.
            other_size: Size of a target that differs from the image size; the image size if none does.
        """
        size, flip = results['img'].shape[:2], flip_direction(results)
        if size != view.size or (other_size != size and not view.sizes_differ):
            return f'changed from {other_size if size == view.size else view.size} to {size} (height, width)'
        if flip != view.flip:
            return f'flipped ({flip})'
        if 'view' not in results or not self.has_coordinates(results):
            return None
        is_moved = results.get('seg_fields') != [COORDINATES] or not np.array_equal(
            results.get(COORDINATES), coordinates(size)
        )
        return 'moved' if is_moved else None

    def has_coordinates(self, results: dict) -> bool:
        """Whether samples get a coordinate map: not if a task uses :data:`COORDINATES`."""
        return all(f'gt_{task.field}' != COORDINATES for task in self.tasks(results))

    def change_targets(self, results: dict, change: Callable[[Task, np.ndarray], np.ndarray]) -> None:
        """Replaces each loaded target by ``change(task, target)``."""
        for task in self.tasks(results):
            key = f'gt_{task.field}'
            if key in results:
                results[key] = change(task, results[key])


@lru_cache(maxsize=4)
def coordinates(size: tuple[int, int]) -> np.ndarray:
    """Returns the coordinate map of an image that was not moved, float32 (H, W). It is shared; samples get copies."""
    return np.arange(size[0] * size[1], dtype=np.float32).reshape(size)


def flip_direction(results: dict) -> str | None:
    """Returns the direction of an image's flip as OpenMMLab transforms record it, None without a flip."""
    return (results.get('flip_direction') or 'horizontal') if results.get('flip') else None
