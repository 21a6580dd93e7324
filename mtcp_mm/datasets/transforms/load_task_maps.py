import numpy as np
from mmseg.registry import TRANSFORMS

from mtcp_mm.datasets.map_sizes import check_map_size
from mtcp_mm.tasks import Task, load_map
from mtcp_mm.utils import ConfigError

from .base import TaskTransform


@TRANSFORMS.register_module()
class LoadTaskMaps(TaskTransform):
    """Loads the target of every task, at the size of its file.

    In training, put it behind the loading of the image, so that image and targets change together. In testing, put it
    behind the resizing, so that scores are taken at the labels' own size.

    Required keys: ``tasks``, ``map_paths`` and ``readers`` (see :func:`load_map`), ``img_path``, ``ori_shape``.
    Added keys: ``gt_<field>`` of each task, void where the sample has no map of it.
    """

    def transform(self, results: dict) -> dict:
        """Loads the targets.

        Raises:
            DataError: A map is damaged, not what its task expects, or not of the image's size.
            ConfigError: The maps were loaded before.
        """
        if self.target_sizes(results):
            raise ConfigError(
                f'{results["img_path"]}: the maps of the tasks were loaded before, and may have been changed with the '
                'image since; keep one LoadTaskMaps in the pipeline'
            )
        for task in self.tasks(results):
            results[f'gt_{task.field}'] = load_target(task, results)
        return results


def load_target(task: Task, results: dict) -> np.ndarray:
    """Loads a task's target (H, W[, 3])."""
    size = tuple(results['ori_shape'][:2])
    target = load_map(task, results)
    if target is None:
        return task.empty(*size)
    check_map_size(results['map_paths'][task.name], target, task.name, f'its image {results["img_path"]}', size)
    return target
