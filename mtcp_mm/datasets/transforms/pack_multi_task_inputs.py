from collections.abc import Sequence

from mmseg.registry import TRANSFORMS

from mtcp_mm.structures import MultiTaskDataSample
from mtcp_mm.tasks.base import channels_first
from mtcp_mm.utils import ConfigError

from .base import TaskTransform, flip_direction


@TRANSFORMS.register_module()
class PackMultiTaskInputs(TaskTransform):
    """Packs the image and all targets for the network, after a check that they are aligned.

    Args:
        meta_keys: Keys to copy to the metainfo of the data sample, if present.
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
            ``inputs``, the image as a uint8 tensor (3, H, W), and ``data_samples``, a :class:`MultiTaskDataSample` with
            the targets (target_channels, H, W).

        Raises:
            ConfigError: The sample has tasks but no targets, or the image has a flip that predictions do not undo.
        """
        if results.get('tasks') and not self.target_sizes(results):
            raise ConfigError(
                f'{results.get("img_path")}: no map of any task was loaded; add LoadTaskMaps to the pipeline: in '
                'training after the image is loaded, in testing after it is resized'
            )
        view = results.get('view')
        if flip_direction(results) not in (None, 'horizontal') and (view is None or view.sizes_differ):
            raise ConfigError(
                f'{results.get("img_path")}: the image has the flip "{flip_direction(results)}", but predictions '
                'undo horizontal flips only; use direction="horizontal", or MultiTaskRandomFlip'
            )
        image = channels_first(results['img'])
        sample = MultiTaskDataSample(metainfo={key: results[key] for key in self.meta_keys if key in results})
        for task in self.tasks(results):
            key = f'gt_{task.field}'
            if key in results:
                sample.set_target(task.field, task.to_tensor(results[key]))
        return dict(inputs=image, data_samples=sample)
