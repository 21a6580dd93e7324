from collections import OrderedDict
from collections.abc import Mapping, Sequence

import torch
from mmengine.config import ConfigDict
from mmseg.models.segmentors import EncoderDecoder
from mmseg.registry import MODELS
from torch import Tensor

from mtcp_mm.models.builder import build_with_tasks
from mtcp_mm.models.layers import resize_and_apply
from mtcp_mm.structures import MultiTaskDataSample, TaskFeatures
from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils import ConfigError


@MODELS.register_module()
class MultiTaskSegmentor(EncoderDecoder):
    """One network for several dense tasks.

    ::

        loss():    extract_feat() -> decode_head.loss()    -> parse_losses() -> loss_weighting()
        predict(): extract_feat() -> decode_head.predict() -> postprocess_result()

        extract_feat(): data_preprocessor'd images -> backbone -> neck(s)

    Args:
        tasks: The task list, handed to the parts that take one.
        backbone: Config of the backbone.
        decode_head: Config of the head.
        neck: Config of the neck, or a list of necks in order.
        loss_weighting: Config of what makes one loss of the raw ones.
        data_preprocessor: Config of the data preprocessor.
        train_cfg: See ``EncoderDecoder``.
        test_cfg: See ``EncoderDecoder``; whole images by default.
        channels_last: Whether images and convolutions' weights are laid out with the channels last, which is faster
            where convolutions are: on CPUs, and in reduced precision on GPUs.
        init_cfg: Initialization.
        pretrained: See ``EncoderDecoder``.
        auxiliary_head: For configs of ``EncoderDecoder``; there is none, since necks predict on the way.

    Raises:
        ConfigError: An auxiliary head is given, or the windows of a sliding inference leave gaps.
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
        init_cfg: dict | list | None = None,
        pretrained: str | None = None,
        auxiliary_head: dict | Sequence[dict] | None = None,
    ) -> None:
        if auxiliary_head:
            raise ConfigError(
                'MultiTaskSegmentor has no auxiliary_head, whose losses know nothing of the tasks; take it out of the '
                'config (a neck such as SpatialRefinement predicts all tasks on the way)'
            )
        if data_preprocessor is not None:
            data_preprocessor = build_with_tasks(data_preprocessor, tasks)
        super().__init__(
            backbone=ConfigDict(backbone) if pretrained else backbone,
            pretrained=pretrained,
            decode_head=build_with_tasks(decode_head, tasks),
            data_preprocessor=data_preprocessor,
            train_cfg=train_cfg,
            test_cfg=ConfigDict(dict(mode='whole') | (test_cfg or {})),
            init_cfg=init_cfg,
        )
        check_windows(self.test_cfg)
        self.tasks = build_tasks(tasks)
        if neck:
            neck = neck if isinstance(neck, Mapping) else dict(type='NeckSequence', necks=neck)
            self.neck = build_with_tasks(neck, tasks)
        weighting = dict(type='LossWeighting') | (loss_weighting or {})
        self.loss_weighting = MODELS.build(weighting, default_args=dict(tasks=list(self.tasks)))
        self.memory_format = torch.channels_last if channels_last else torch.contiguous_format
        self.to(memory_format=self.memory_format)

    def extract_feat(self, inputs: Tensor) -> TaskFeatures | tuple[Tensor, ...]:
        """Turns images (B, 3, H, W) into what the head reads."""
        return super().extract_feat(inputs.contiguous(memory_format=self.memory_format))

    def parse_losses(self, losses: Mapping[str, Tensor]) -> tuple[Tensor, OrderedDict[str, Tensor]]:
        """Makes one loss of the raw ones; called by ``train_step`` and by the DDP wrapper."""
        return self.loss_weighting(losses)

    def inference(self, inputs: Tensor, batch_img_metas: Sequence[Mapping]) -> Tensor:
        """Returns the raw maps of all tasks at the input's size, (B, out_channels, H, W).

        The base class warns of original sizes that differ; here they may, since each map is resized to its own later.
        """
        first = batch_img_metas[0]['ori_shape']
        return super().inference(inputs, [{**meta, 'ori_shape': first} for meta in batch_img_metas])

    def postprocess_result(
        self, seg_logits: Tensor, data_samples: Sequence[MultiTaskDataSample] | None = None
    ) -> list[MultiTaskDataSample]:
        """Fills each sample's predictions, at the original image's size.

        Args:
            seg_logits: Raw maps of all tasks along the channels, (B, out_channels, H, W), at the network's input size.
            data_samples: The samples; without them the predictions have the input size.

        Returns:
            The samples, each with ``pred_<field>`` of every task.
        """
        samples = data_samples or [MultiTaskDataSample() for _ in seg_logits]
        for maps, sample in zip(seg_logits, samples, strict=True):
            raws = maps.split([task.channels for task in self.tasks.values()])
            for task, raw in zip(self.tasks.values(), raws, strict=True):
                raw = strip_padding(raw, sample.metainfo)
                if sample.metainfo.get('flip'):
                    raw = task.unflip(raw)
                size = sample.metainfo.get('ori_shape', raw.shape[-2:])[:2]
                sample.set_prediction(task.field, resize_and_apply(raw, size, task.activate, self.align_corners))
        return samples

    def _forward(self, inputs: Tensor, data_samples: Sequence[MultiTaskDataSample] | None = None) -> dict[str, Tensor]:
        """Returns each task's raw map (B, channels, h, w); mode ``'tensor'``."""
        return self.decode_head(self.extract_feat(inputs))

    def _init_decode_head(self, decode_head: dict) -> None:
        """Takes the head as it is built; the base class would build it without the tasks."""
        self.decode_head = decode_head
        self.align_corners = decode_head.align_corners
        self.num_classes = decode_head.num_classes
        self.out_channels = decode_head.out_channels

    def _decode_head_forward_train(
        self, inputs: TaskFeatures | Sequence[Tensor], data_samples: Sequence[MultiTaskDataSample]
    ) -> dict[str, Tensor]:
        """Returns the head's losses under their own names, which are the tasks'."""
        return self.decode_head.loss(inputs, data_samples, self.train_cfg)


def check_windows(test_cfg: Mapping) -> None:
    """Demands that the windows of a sliding inference cover an image of any size.

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


def strip_padding(raw: Tensor, meta: Mapping) -> Tensor:
    """Cuts the padding off a map (C, H, W); its width (left, right, top, bottom) stands in the metainfo."""
    left, right, top, bottom = meta.get('img_padding_size', meta.get('padding_size', (0, 0, 0, 0)))
    return raw[:, top : raw.shape[1] - bottom, left : raw.shape[2] - right]
