from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule, ModuleDict
from mmengine.structures import BaseDataElement
from mmseg.registry import MODELS
from torch import Tensor

from mtcp_mm.models.layers import build_predictor, pick_map, resize_to
from mtcp_mm.models.losses import build_loss, merge_losses, stage_loss, task_loss
from mtcp_mm.structures import TaskFeatures
from mtcp_mm.tasks import Task, build_tasks, split_tasks


@MODELS.register_module()
class MultiTaskHead(BaseModule):
    """A small convolutional head for each task: 3x3 conv, BN, ReLU, 1x1 conv.

    The 3x3 conv pads by repeating the border: beside zeros it says that everything along the border is near.

    Reads each task's fused map of :class:`TaskFeatures`, or one map of a plain tuple for all tasks, so that it stands
    on any backbone and neck. It has what mmseg's ``EncoderDecoder`` asks of a head; ``predict`` returns the raw maps of
    all tasks one after the other along the channels.

    Args:
        tasks: The task list.
        in_channels: Channels of the maps that are read.
        channels: Channels of the hidden layer.
        in_index: Which map of a plain tuple is read.
        norm_cfg: Normalization.
        init_cfg: Initialization.
    """

    align_corners = False
    threshold = 0.5  # at which a stock segmentor says yes, where the one task is a binary map

    def __init__(
        self,
        tasks: Sequence[dict],
        in_channels: int = 256,
        channels: int = 256,
        in_index: int = 0,
        norm_cfg: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        self.tasks = build_tasks(tasks)
        self.in_index = in_index
        main, _ = split_tasks(self.tasks)
        self.out_channels = sum(task.channels for task in main.values())
        self.num_classes = self.out_channels
        self.convs = ModuleDict(
            {
                name: ConvModule(
                    in_channels,
                    channels,
                    3,
                    padding=1,
                    padding_mode='replicate',
                    norm_cfg=norm_cfg or dict(type='BN'),
                )
                for name in main
            }
        )
        self.predictors = ModuleDict({name: build_predictor(channels, task) for name, task in main.items()})
        self.loss_functions = ModuleDict({name: build_loss(task) for name, task in self.tasks.items()})

    def forward(self, inputs: TaskFeatures | Sequence[Tensor]) -> dict[str, Tensor]:
        """Returns each task's raw map (B, channels, h, w), in float32, at the size of what is read."""
        if isinstance(inputs, TaskFeatures):
            fused = inputs.features
        else:
            fused = dict.fromkeys(self.tasks, pick_map(inputs, self.in_index, 'MultiTaskHead'))
        return {name: self.predictors[name](conv(fused[name])).float() for name, conv in self.convs.items()}

    def loss(
        self,
        inputs: TaskFeatures | Sequence[Tensor],
        batch_data_samples: Sequence[BaseDataElement],
        train_cfg: dict | None = None,
    ) -> dict[str, Tensor]:
        """Scores the predictions at the targets' size, and the necks' intermediate ones at their own.

        Args:
            inputs: What ``forward`` takes.
            batch_data_samples: Samples with ``gt_<field>`` of size (target_channels, H, W); a task's target may be
                missing.
            train_cfg: Unused.

        Returns:
            Raw losses: ``loss_<task>``, ``loss_<task>_s<k>`` of the k-th intermediate prediction, and those of the
            necks.
        """
        features = inputs if isinstance(inputs, TaskFeatures) else TaskFeatures(features={})
        raws = self(inputs)
        targets = collect_targets(batch_data_samples, self.tasks, next(iter(raws.values())).device)
        losses = {}
        for name, task in self.tasks.items():
            target = targets[name]
            score = self.loss_functions[name]
            if name in raws:
                losses[task_loss(name)] = score(resize_to(raws[name], target.shape[-2:]), target, task.valid(target))
            for k, stage in enumerate(features.predictions.get(name, ())):
                coarse = F.interpolate(target.float(), stage.shape[-2:], mode='nearest-exact').to(target.dtype)
                losses[stage_loss(name, k)] = score(stage.float(), coarse, task.valid(coarse))
        return merge_losses(losses, features.losses, self.tasks)

    def predict(
        self, inputs: TaskFeatures | Sequence[Tensor], batch_img_metas: Sequence[dict], test_cfg: dict | None = None
    ) -> Tensor:
        """Returns the raw maps of all tasks at the input's size, (B, out_channels, H, W)."""
        meta = batch_img_metas[0]
        # Sliding inference puts a window's size, a torch.Size, into img_shape; else the padded size is the input's.
        window = isinstance(meta['img_shape'], torch.Size)
        size = meta['img_shape'] if window else meta.get('pad_shape', meta['img_shape'])
        return torch.cat([resize_to(raw, size[:2]) for raw in self(inputs).values()], 1)


def collect_targets(
    samples: Sequence[BaseDataElement], tasks: dict[str, Task], device: torch.device
) -> dict[str, Tensor]:
    """Stacks the targets of a batch by task, (B, target_channels, H, W); void where a sample has none.

    Raises:
        ValueError: No sample of the batch has a target of any task.
    """
    present = [getattr(sample, key).data for sample in samples for key in sample.keys() if key.startswith('gt_')]
    if not present:
        raise ValueError(f'no sample of the batch has a target of any of the tasks {list(tasks)}')
    size = present[0].shape[-2:]

    def target_of(sample: BaseDataElement, task: Task) -> Tensor:
        key = f'gt_{task.field}'
        target = getattr(sample, key).data if key in sample else task.to_tensor(task.empty(*size))
        return target.to(device)

    return {name: torch.stack([target_of(sample, task) for sample in samples]) for name, task in tasks.items()}
