from mmseg.registry import TRANSFORMS

from mtcp_mm.tasks.settings import check_number

from .arguments import check_size
from .base import TaskTransform
from .multi_task_random_zoom import random_window


@TRANSFORMS.register_module()
class MultiTaskRandomCrop(TaskTransform):
    """Cuts a random window out of the image and all targets.

    As :class:`mmseg.datasets.transforms.RandomCrop`, of which ATRC and InvPT use a version of their own: a window that
    one class fills too much is drawn again, ten windows at most. The classes are those of the first class map in the
    task list; without one, any window will do.

    An image that is smaller than the window keeps its size. ``size`` of the data preprocessor pads it to the window,
    with void in the targets and the mean colour in the image.

    Args:
        size: Height and width of the window.
        cat_max_ratio: Share of the labelled pixels that one class has to stay under; 1 takes any window.

    Changed keys: ``img``, ``img_shape`` and ``pad_shape`` (height, width), ``gt_<field>``.

    Raises:
        ConfigError: The window has no two lengths from 1 on, or the share is not above 0 and up to 1.
    """

    one_size = True
    attempts = 10

    def __init__(self, size: tuple[int, int], cat_max_ratio: float = 0.75) -> None:
        self.size = check_size('size of MultiTaskRandomCrop', size)
        check_number('cat_max_ratio of MultiTaskRandomCrop', cat_max_ratio, above=0, most=1)
        self.cat_max_ratio = cat_max_ratio

    def transform(self, results: dict) -> dict:
        """Cuts ``img`` and the targets at hand."""
        window = self.choose_window(results)
        results['img'] = results['img'][window]
        self.change_targets(results, lambda task, target: target[window])
        results.update(img_shape=results['img'].shape[:2], pad_shape=results['img'].shape[:2])
        return results

    def choose_window(self, results: dict) -> tuple[slice, slice]:
        """Returns the rows and columns of the first window that no class fills too much, or of the last one drawn."""
        height, width = results['img'].shape[:2]
        for _ in range(self.attempts):
            window = random_window(height, width, min(height, self.size[0]), min(width, self.size[1]))
            if self.cat_max_ratio >= 1 or self.fullest_share(results, window) < self.cat_max_ratio:
                break
        return window

    def fullest_share(self, results: dict, window: tuple[slice, slice]) -> float:
        """Returns the share of the commonest class in a window, 0 without a class map."""
        for task in self.tasks(results):
            if task.classes and f'gt_{task.field}' in results:
                return task.largest_share(results[f'gt_{task.field}'][window])
        return 0.0
