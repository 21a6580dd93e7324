from mmseg.registry import TRANSFORMS

from mtcp_mm.tasks.settings import check_number

from .arguments import check_size
from .base import TaskTransform
from .multi_task_random_zoom import random_window


@TRANSFORMS.register_module()
class MultiTaskRandomCrop(TaskTransform):
    """Crops the image and all targets to a random window.

    As in :class:`mmseg.datasets.transforms.RandomCrop` (ATRC and InvPT have similar versions), a window in which one
    class is too frequent is sampled again, up to ten times. The first task with classes decides. Without such a task,
    any window is used.

    Images smaller than the window are not padded here. ``size`` of the data preprocessor pads them, the targets with
    void and the image with the mean colour.

    Args:
        size: Height and width of the window.
        cat_max_ratio: The most frequent class must cover less than this fraction of the valid pixels; with 1, any
            window is used.

    Changed keys: ``img``, ``img_shape`` and ``pad_shape`` (height, width), ``gt_<field>``.

    Raises:
        ConfigError: The size is not two positive integers, or the ratio is not in (0, 1].
    """

    needs_equal_sizes = True
    attempts = 10

    def __init__(self, size: tuple[int, int], cat_max_ratio: float = 0.75) -> None:
        self.size = check_size('size of MultiTaskRandomCrop', size)
        check_number('cat_max_ratio of MultiTaskRandomCrop', cat_max_ratio, above=0, most=1)
        self.cat_max_ratio = cat_max_ratio

    def transform(self, results: dict) -> dict:
        """Crops ``img`` and the targets."""
        window = self.choose_window(results)
        results['img'] = results['img'][window]
        self.change_targets(results, lambda task, target: target[window])
        results.update(img_shape=results['img'].shape[:2], pad_shape=results['img'].shape[:2])
        return results

    def choose_window(self, results: dict) -> tuple[slice, slice]:
        """Returns rows and columns of the first sampled window with an acceptable class ratio, or of the last one."""
        height, width = results['img'].shape[:2]
        for _ in range(self.attempts):
            window = random_window(height, width, min(height, self.size[0]), min(width, self.size[1]))
            if self.cat_max_ratio >= 1 or self.dominance(results, window) < self.cat_max_ratio:
                break
        return window

    def dominance(self, results: dict, window: tuple[slice, slice]) -> float:
        """Returns the share of the most frequent class in a window's valid pixels, 0 without a task with classes."""
        for task in self.tasks(results):
            if task.classes and f'gt_{task.field}' in results:
                return task.largest_share(results[f'gt_{task.field}'][window])
        return 0.0
