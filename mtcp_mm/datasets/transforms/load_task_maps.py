import numpy as np
from mmseg.registry import TRANSFORMS

from mtcp_mm.tasks import Task

from .base import TaskTransform


@TRANSFORMS.register_module()
class LoadTaskMaps(TaskTransform):
    """Loads the target of every task, at the size of its file.

    In training it follows the loading of the image, so that image and targets change together; in testing it follows
    the resizing, so that scores are taken at the labels' own size.

    Required keys: ``tasks``, ``map_paths`` (path or None by task name), ``img_path``, ``ori_shape``.
    Added keys: ``gt_<field>`` of each task, void where the sample has no map of it.
    """

    def transform(self, results: dict) -> dict:
        """Loads the targets.

        Raises:
            ValueError: A map is damaged, not what its task expects, or not of the image's size.
        """
        for task in self.tasks(results):
            results[f'gt_{task.field}'] = load_target(task, results)
        return results


def load_target(task: Task, results: dict) -> np.ndarray:
    """Loads a task's target (H, W[, 3])."""
    path, size = results['map_paths'].get(task.name), tuple(results['ori_shape'][:2])
    if path is None:
        return task.empty(*size)
    target = task.load(path)
    if target.shape[:2] != size:
        raise ValueError(
            f'{path}: the map of task "{task.name}" has {target.shape[0]}x{target.shape[1]} pixels (height x width), '
            f'its image {results["img_path"]} has {size[0]}x{size[1]}; image and maps have to be of one size'
        )
    return target
