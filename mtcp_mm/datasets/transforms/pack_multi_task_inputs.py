from collections.abc import Sequence

import numpy as np
import torch
from mmseg.registry import TRANSFORMS

from mtcp_mm.structures import MultiTaskDataSample

from .base import TaskTransform


@TRANSFORMS.register_module()
class PackMultiTaskInputs(TaskTransform):
    """Packs the image and all targets for the network.

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
        """
        image = torch.from_numpy(np.ascontiguousarray(results['img'].transpose(2, 0, 1)))
        sample = MultiTaskDataSample(metainfo={key: results[key] for key in self.meta_keys if key in results})
        for task in self.tasks(results):
            key = f'gt_{task.field}'
            if key in results:
                sample.set_target(task.field, task.to_tensor(results[key]))
        return dict(inputs=image, data_samples=sample)
