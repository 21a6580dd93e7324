import numpy as np
from mmseg.registry import TRANSFORMS

from mtcp_mm.datasets.map_sizes import check_map_size
from mtcp_mm.tasks import Task, load_map
from mtcp_mm.utils import ConfigError

from .base import TaskTransform


@TRANSFORMS.register_module()
class LoadTaskMaps(TaskTransform):
    """Loads the target of every task, at the size of its file.

    In training, put it right after the image is loaded, so that image and targets change together. In testing, put it
    after the image is resized, so that predictions are scored at the size of the labels.

    Required keys: ``tasks``, ``map_paths`` and ``readers`` (see :func:`load_map`), ``img_path``, ``ori_shape``.
    Added keys: ``gt_<field>`` of each task, all void if the sample has no map.
    """

    def transform(self, results: dict) -> dict:
        """Loads the targets.

        Raises:
            DataError: A map is damaged, is no map of its task, or has another size than the image.
            ConfigError: The maps are already loaded.
        """
        if self.target_sizes(results):
            raise ConfigError(
                f'{results["img_path"]}: the maps of the tasks were loaded before; keep only one LoadTaskMaps in the '
                'pipeline'
            )
        for task in self.tasks(results):
            results[f'gt_{task.field}'] = load_target(task, results)
        return results


def load_target(task: Task, results: dict) -> np.ndarray:
    """Loads the target of a task (H, W[, channels]), all void if there is none."""
    size = tuple(results['ori_shape'][:2])
    target = load_map(task, results)
    if target is None:
        return task.empty(*size)
    check_map_size(results['map_paths'][task.name], target, task.name, f'its image {results["img_path"]}', size)
    return target
