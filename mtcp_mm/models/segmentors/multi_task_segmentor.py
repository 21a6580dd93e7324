from collections import OrderedDict
from collections.abc import Mapping, Sequence

import torch
from mmengine.config import ConfigDict
from mmseg.models.segmentors import EncoderDecoder
from mmseg.registry import MODELS
from torch import Tensor, nn

from mtcp_mm.models.builder import with_tasks
from mtcp_mm.models.layers import resize_and_apply
from mtcp_mm.models.recomputation import recompute_blocks
from mtcp_mm.structures import MultiTaskDataSample, TaskFeatures
from mtcp_mm.tasks import Task, build_tasks, split_tasks
from mtcp_mm.utils import ConfigError


@MODELS.register_module()
class MultiTaskSegmentor(EncoderDecoder):
    """One network for several dense tasks.

    ::

        loss():    extract_feat() -> decode_head.loss()    -> parse_losses() -> loss_weighting()
        predict(): extract_feat() -> decode_head.predict() -> postprocess_result()

        extract_feat(): preprocessed images -> backbone -> neck(s)

    Args:
        tasks: The task list, passed to every part that takes one; see :func:`with_tasks`.
        backbone: Config of the backbone. It returns a tuple of maps, or TaskFeatures.
        decode_head: Config of the head.
        neck: Config of the neck, or a list of necks in order.
        loss_weighting: Config of the module that combines the raw losses; :class:`LossWeighting` by default.
        data_preprocessor: Config of the data preprocessor.
        train_cfg: See ``EncoderDecoder``.
        test_cfg: See ``EncoderDecoder``; whole images by default.
        channels_last: Whether to store images and the weights of convolutions with the channels last. This makes
            convolutions faster on CPUs, and in reduced precision on GPUs.
        activation_checkpointing: Whether transformer blocks keep only their inputs for the backward pass, see
            :func:`recompute_blocks`. A training step computes the same with less memory and more time.
        init_cfg: Config of the initialization.
        pretrained: See ``EncoderDecoder``.
        auxiliary_head: Must be None. Intermediate predictions are made by necks.

    Raises:
        ConfigError: An auxiliary head is given, the head predicts other tasks, or the windows of sliding inference
            leave gaps.

    Attributes:
        tasks: The main tasks by name, in the order of their channels in the head's prediction.
        auxiliary_tasks: The auxiliary tasks by name, which have no final prediction.
    """

    def __init__(
        self,
        tasks: Sequence[dict],
        backbone: dict,
        decode_head: dict,
        neck: dict | Sequence[dict] | None = None,
        loss_weighting: dict | None = None,
        data_preprocessor: dict | None = None,
        train_cfg: dict | None = None,
        test_cfg: dict | None = None,
        channels_last: bool = False,
        activation_checkpointing: bool = False,
        init_cfg: dict | list | None = None,
        pretrained: str | None = None,
        auxiliary_head: dict | Sequence[dict] | None = None,
    ) -> None:
        if auxiliary_head:
            raise ConfigError(
                'MultiTaskSegmentor does not support auxiliary_head, whose losses do not know the tasks; remove it '
                'from the config, and add a neck that predicts all tasks, such as SpatialRefinement'
            )
        backbone = with_tasks(backbone, tasks)
        super().__init__(
            backbone=ConfigDict(backbone) if pretrained else backbone,
            pretrained=pretrained,
            # Built before the backbone, and the neck after it: another order would change the weights of a seed.
            decode_head=MODELS.build(with_tasks(decode_head, tasks)),
            data_preprocessor=with_tasks(data_preprocessor, tasks) if data_preprocessor else None,
            train_cfg=train_cfg,
            test_cfg=ConfigDict(dict(mode='whole') | (test_cfg or {})),
            init_cfg=init_cfg,
        )
        check_windows(self.test_cfg)
        self.tasks, self.auxiliary_tasks = split_tasks(build_tasks(tasks))
        check_head(self.decode_head, self.tasks)
        if neck:
            neck = neck if isinstance(neck, Mapping) else dict(type='NeckSequence', necks=neck)
            self.neck = MODELS.build(with_tasks(neck, tasks))
        weighting = dict(type='LossWeighting') | (loss_weighting or {})
        self.loss_weighting = MODELS.build(with_tasks(weighting, tasks))
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.to(memory_format=self.memory_format)
        if activation_checkpointing:
            recompute_blocks(self)

    def extract_feat(self, inputs: Tensor) -> TaskFeatures | tuple[Tensor, ...]:
        """Turns images (B, 3, H, W) into the input of the head."""
        return super().extract_feat(inputs.contiguous(memory_format=self.memory_format))

    def parse_losses(self, losses: Mapping[str, Tensor]) -> tuple[Tensor, OrderedDict[str, Tensor]]:
        """Combines the raw losses. Called by ``train_step`` and by the DDP wrapper."""
        return self.loss_weighting(losses)

    def inference(self, inputs: Tensor, batch_img_metas: Sequence[Mapping]) -> Tensor:
        """Returns the logits of all main tasks at the input's size, (B, out_channels, H, W).

        The base class warns if original sizes differ. They may differ here: each map is later resized to its own.
        """
        first = batch_img_metas[0]['ori_shape']
        return super().inference(inputs, [{**meta, 'ori_shape': first} for meta in batch_img_metas])

    def postprocess_result(
        self, seg_logits: Tensor, data_samples: Sequence[MultiTaskDataSample] | None = None
    ) -> list[MultiTaskDataSample]:
        """Fills each sample's predictions, at the original image's size.

        Args:
            seg_logits: Logits of all main tasks along the channels, (B, out_channels, H, W), at the network's input
                size.
            data_samples: The samples; without them the predictions have the input size.

        Returns:
            The samples, each with ``pred_<field>`` of every main task.
        """
        samples = data_samples or [MultiTaskDataSample() for _ in seg_logits]
        for maps, sample in zip(seg_logits, samples, strict=True):
            parts = maps.split([task.channels for task in self.tasks.values()])
            for task, logits in zip(self.tasks.values(), parts, strict=True):
                logits = strip_padding(logits, sample.metainfo)
                if sample.metainfo.get('flip'):
                    logits = task.unflip(logits)
                size = sample.metainfo.get('ori_shape', logits.shape[-2:])[:2]
                sample.set_prediction(task.field, resize_and_apply(logits, size, task.activate, self.align_corners))
        return samples

    def _forward(self, inputs: Tensor, data_samples: Sequence[MultiTaskDataSample] | None = None) -> dict[str, Tensor]:
        """Returns each main task's logits (B, channels, h, w); mode ``'tensor'``."""
        return self.decode_head(self.extract_feat(inputs))

    def _init_decode_head(self, decode_head: nn.Module) -> None:
        """Sets the head, which is already built."""
        self.decode_head = decode_head
        self.align_corners = decode_head.align_corners
        self.num_classes = decode_head.num_classes
        self.out_channels = decode_head.out_channels

    def _decode_head_forward_train(
        self, inputs: TaskFeatures | Sequence[Tensor], data_samples: Sequence[MultiTaskDataSample]
    ) -> dict[str, Tensor]:
        """Returns the head's losses under their own names, which are the tasks'."""
        return self.decode_head.loss(inputs, data_samples, self.train_cfg)


def check_head(head: nn.Module, tasks: Mapping[str, Task]) -> None:
    """Checks that a head predicts the main tasks.

    Raises:
        ConfigError: It has not as many channels as the tasks together.
    """
    channels = sum(task.channels for task in tasks.values())
    if head.out_channels != channels:
        raise ConfigError(
            f'decode_head predicts {head.out_channels} channels, but the tasks {", ".join(tasks)} have {channels}; '
            'remove tasks from the config of the head, which receives those of the model'
        )


def check_windows(test_cfg: Mapping) -> None:
    """Checks that the windows of sliding inference cover an image of any size.

    Raises:
        ConfigError: They leave gaps between them, or their size or stride is missing.
    """
    if test_cfg['mode'] != 'slide':
        return
    crop, stride = test_cfg.get('crop_size'), test_cfg.get('stride')
    pairs = all(isinstance(size, (list, tuple)) and len(size) == 2 for size in (crop, stride))
    if not pairs or not all(1 <= step <= length for step, length in zip(stride, crop, strict=True)):
        raise ConfigError(
            f"test_cfg has mode='slide', crop_size={crop} and stride={stride}; give both as (height, width), and no "
            'stride longer than the crop, which would leave gaps between the windows'
        )


def strip_padding(logits: Tensor, meta: Mapping) -> Tensor:
    """Crops the padding of a map (C, H, W), whose widths (left, right, top, bottom) are in the metainfo."""
    left, right, top, bottom = meta.get('img_padding_size', meta.get('padding_size', (0, 0, 0, 0)))
    return logits[:, top : logits.shape[1] - bottom, left : logits.shape[2] - right]
