from collections.abc import Sequence

import torch.nn.functional as F
from mmseg.models import SegDataPreProcessor
from mmseg.registry import MODELS
from mmseg.utils import stack_batch
from torch import Tensor

from mtcp_mm.structures import MultiTaskDataSample
from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils import ConfigError


@MODELS.register_module()
class MultiTaskDataPreProcessor(SegDataPreProcessor):
    """Normalises, pads and stacks images, and pads each target with its task's void value.

    The stock preprocessor pads depth with 255, a valid distance, and leaves normals unpadded. This one asks the tasks.

    Images are padded at the right and at the bottom: to the largest height and width of the batch, or to ``size``, and
    to a multiple of ``size_divisor``. In testing, ``test_cfg`` sets these two, and targets keep their original size, at
    which metrics are computed.

    Args:
        tasks: The task list, which the segmentor passes on.
        mean: Mean of each channel, in the order after conversion; given together with ``std``.
        std: Standard deviation of each channel.
        size: Size (height, width) to pad to; a larger image enlarges it.
        size_divisor: Pad height and width to a multiple of this. Not together with ``size``.
        pad_val: Value of padding pixels after normalisation.
        bgr_to_rgb: Whether to turn BGR images into RGB.
        rgb_to_bgr: Whether to turn RGB images into BGR.
        test_cfg: ``size`` or ``size_divisor`` in testing. By default no more than the batch's common size.
        seg_pad_val: Accepted for configs of the stock preprocessor; must be 255, with which class maps are padded.
        batch_augments: Likewise; must be empty, since batch augmentations do not know the tasks.

    Raises:
        ConfigError: ``seg_pad_val`` or ``batch_augments`` is not supported.
    """

    def __init__(
        self,
        tasks: Sequence[dict],
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        size: tuple[int, int] | None = None,
        size_divisor: int | None = None,
        pad_val: float = 0,
        bgr_to_rgb: bool = False,
        rgb_to_bgr: bool = False,
        test_cfg: dict | None = None,
        seg_pad_val: float = 255,
        batch_augments: Sequence[dict] | None = None,
    ) -> None:
        if seg_pad_val != 255 or batch_augments:
            raise ConfigError(
                f'MultiTaskDataPreProcessor does not support seg_pad_val={seg_pad_val} with batch_augments='
                f'{batch_augments}: class maps are padded with 255, and batches are not augmented. Leave both out, and '
                'augment in the pipeline'
            )
        super().__init__(
            mean=mean,
            std=std,
            size=size,
            size_divisor=size_divisor,
            pad_val=pad_val,
            bgr_to_rgb=bgr_to_rgb,
            rgb_to_bgr=rgb_to_bgr,
            test_cfg=test_cfg,
        )
        self.tasks = build_tasks(tasks)
        self.flip_channels = bgr_to_rgb or rgb_to_bgr  # The base class's own flag has another name in mmengine 0.10.7.

    def forward(self, data: dict, training: bool = False) -> dict:
        """Makes a batch.

        Args:
            data: ``inputs``, images (3, H, W) of any sizes; ``data_samples``, their samples, optional.
            training: Whether to pad the targets like the images.

        Returns:
            ``inputs`` (B, 3, H, W) in float32; ``data_samples`` with ``img_shape``, ``pad_shape`` (height, width) and
            ``padding_size`` (left, right, top, bottom) in their metainfo.
        """
        data = self.cast_data(data)
        images = [self.normalize(image) for image in data['inputs']]
        rule = dict(size=self.size, size_divisor=self.size_divisor) if training else dict(self.test_cfg or {})
        if rule.get('size') is None and rule.get('size_divisor') is None:
            rule['size_divisor'] = 1
        if rule.get('size') is not None:  # a larger image is not cropped
            sizes = [rule['size'], *(image.shape[-2:] for image in images)]
            rule['size'] = tuple(map(max, zip(*sizes, strict=True)))
        batch, paddings = stack_batch(images, pad_val=self.pad_val, **rule)
        samples = data.get('data_samples')
        for image, padding, sample in zip(images, paddings, samples or (), strict=samples is not None):
            widths = tuple(int(width) for width in padding['img_padding_size'])
            sample.set_metainfo(
                dict(img_shape=tuple(image.shape[-2:]), pad_shape=tuple(batch.shape[-2:]), padding_size=widths)
            )
            if training:
                self.pad_targets(sample, widths)
        return dict(inputs=batch, data_samples=samples)

    def normalize(self, image: Tensor) -> Tensor:
        """Converts the channel order and normalises images (..., 3, H, W)."""
        if self.flip_channels:
            image = image.flip(-3)
        return (image.float() - self.mean) / self.std if self._enable_normalize else image.float()

    def pad_targets(self, sample: MultiTaskDataSample, widths: tuple[int, int, int, int]) -> None:
        """Pads a sample's targets with void by (left, right, top, bottom) pixels.

        Raises:
            ConfigError: A target and the image differ in size.
        """
        for task in self.tasks.values():
            target = sample.target(task.field)
            if target is not None and any(widths):
                if target.shape[-2:] != sample.img_shape:
                    raise ConfigError(
                        f'task "{task.name}": an image of {sample.img_shape} (height, width) cannot be padded together '
                        f'with a map of {tuple(target.shape[-2:])}; in the training pipeline, put LoadTaskMaps before '
                        'the transforms that resize the image, so that both have the same size'
                    )
                sample.set_target(task.field, F.pad(target, widths, value=task.void))
