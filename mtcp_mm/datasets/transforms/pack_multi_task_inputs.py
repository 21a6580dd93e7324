from collections.abc import Sequence

import numpy as np
import torch
from mmseg.registry import TRANSFORMS

from mtcp_mm.structures import MultiTaskDataSample
from mtcp_mm.utils import ConfigError

from .base import TaskTransform, flip_direction


@TRANSFORMS.register_module()
class PackMultiTaskInputs(TaskTransform):
    """Packs the image and all targets for the network, once both are seen to be together.

    Args:
        meta_keys: Keys that go into the data sample's metainfo where they are present.
    """

    def __init__(
        self,
        meta_keys: Sequence[str] = (
            'img_path', 'sample_id', 'ori_shape', 'img_shape', 'pad_shape', 'scale_factor', 'flip', 'flip_direction',
        ),
    ) -> None:  # fmt: skip
        self.meta_keys = tuple(meta_keys)

    def transform(self, results: dict) -> dict:
        """Packs a sample.

        Returns:
            ``inputs``, the image as a uint8 tensor (3, H, W); ``data_samples``, a :class:`MultiTaskDataSample` with
            the target (target_channels, H, W) of each task at hand.

        Raises:
            ConfigError: The sample has tasks and no targets, or its image is mirrored in a way that is not undone.
        """
        if results.get('tasks') and not self.target_sizes(results):
            raise ConfigError(
                f'{results.get("img_path")}: no map of any task was loaded; put LoadTaskMaps into the pipeline, in '
                'training behind the loading of the image, in testing behind the resizing'
            )
        view = results.get('view')
        if flip_direction(results) not in (None, 'horizontal') and (view is None or view.sizes_differ):
            raise ConfigError(
                f'{results.get("img_path")}: the image is mirrored by "{flip_direction(results)}", and predictions are '
                'mirrored back left to right alone; flip with direction "horizontal", or by MultiTaskRandomFlip'
            )
        image = torch.from_numpy(np.ascontiguousarray(results['img'].transpose(2, 0, 1)))
        sample = MultiTaskDataSample(metainfo={key: results[key] for key in self.meta_keys if key in results})
        for task in self.tasks(results):
            key = f'gt_{task.field}'
            if key in results:
                sample.set_target(task.field, task.to_tensor(results[key]))
        return dict(inputs=image, data_samples=sample)
