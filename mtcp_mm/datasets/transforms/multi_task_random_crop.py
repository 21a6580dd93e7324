from mmseg.registry import TRANSFORMS

from mtcp_mm.tasks.settings import check_number

from .arguments import check_size
from .base import TaskTransform
from .multi_task_random_zoom import random_window


@TRANSFORMS.register_module()
class MultiTaskRandomCrop(TaskTransform):
    """Crops the image and all targets to a random window.

    As in :class:`mmseg.datasets.transforms.RandomCrop` (ATRC and InvPT have their own versions), a window that one
    class dominates is sampled again, up to ten times. The classes are those of the first task that has classes;
    without such a task, any window is taken.

    An image that is smaller than the window keeps its size. ``size`` of the data preprocessor pads it to the window,
    with void in the targets and the mean colour in the image.

    Args:
        size: Height and width of the window.
        cat_max_ratio: Every class has to cover less than this fraction of the labelled pixels; 1 takes any window.

    Changed keys: ``img``, ``img_shape`` and ``pad_shape`` (height, width), ``gt_<field>``.

    Raises:
        ConfigError: The window is not two whole numbers from 1 on, or the fraction is not above 0 and up to 1.
    """

    needs_equal_sizes = True
    attempts = 10

    def __init__(self, size: tuple[int, int], cat_max_ratio: float = 0.75) -> None:
        self.size = check_size('size of MultiTaskRandomCrop', size)
        check_number('cat_max_ratio of MultiTaskRandomCrop', cat_max_ratio, above=0, most=1)
        self.cat_max_ratio = cat_max_ratio

    def transform(self, results: dict) -> dict:
        """Crops ``img`` and the targets at hand."""
        window = self.choose_window(results)
        results['img'] = results['img'][window]
        self.change_targets(results, lambda task, target: target[window])
        results.update(img_shape=results['img'].shape[:2], pad_shape=results['img'].shape[:2])
        return results

    def choose_window(self, results: dict) -> tuple[slice, slice]:
        """Returns the rows and columns of the first window that no class dominates, or of the last one sampled."""
        height, width = results['img'].shape[:2]
        for _ in range(self.attempts):
            window = random_window(height, width, min(height, self.size[0]), min(width, self.size[1]))
            if self.cat_max_ratio >= 1 or self.dominance(results, window) < self.cat_max_ratio:
                break
        return window

    def dominance(self, results: dict, window: tuple[slice, slice]) -> float:
        """Returns the fraction of a window that its most frequent class covers, 0 without a task that has classes."""
        for task in self.tasks(results):
            if task.classes and f'gt_{task.field}' in results:
                return task.largest_share(results[f'gt_{task.field}'][window])
        return 0.0
