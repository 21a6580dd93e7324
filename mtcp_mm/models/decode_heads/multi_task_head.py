from collections.abc import Mapping, Sequence

import torch
from mmengine.model import BaseModule, ModuleDict
from mmengine.structures import BaseDataElement
from mmseg.registry import MODELS
from torch import Tensor

from mtcp_mm.models.layers import build_convs, build_predictor, pick_map, resize_concat, resize_to
from mtcp_mm.models.losses import build_loss, merge_losses, stage_loss, task_loss
from mtcp_mm.structures import TaskFeatures
from mtcp_mm.tasks import build_tasks, split_tasks
from mtcp_mm.utils import ConfigError

from .targets import collect_targets, resize_target

INPUT_TRANSFORMS = (None, 'resize_concat')


@MODELS.register_module()
class MultiTaskHead(BaseModule):
    """A small convolutional head for each task: convolutions with norm and activation, then a 1x1 convolution.

    It works with any backbone and neck, and has the interface that mmseg's ``EncoderDecoder`` expects of a head. The
    heads of all tasks have the same layers and share no weights. Each of them reads:

    ===================  =============================================  ===============================
    ``input_transform``  from :class:`TaskFeatures`                     from a tuple of maps
    ===================  =============================================  ===============================
    None                 the task's ``features``                        the map ``in_index``
    ``'resize_concat'``  the maps ``in_index`` of the task's pyramid    the maps ``in_index``
    ===================  =============================================  ===============================

    An auxiliary task has no head: only the necks' predictions of it are scored.

    Args:
        tasks: The task list.
        in_channels: Channels of the input map; a list with ``'resize_concat'``, in the order of ``in_index``.
        channels: Channels between the convolutions and the last layer. Without convolutions it has no effect.
        in_index: Index of the input map; a list with ``'resize_concat'``.
        input_transform: ``'resize_concat'`` resizes several maps to the size of the first in ``in_index`` and
            concatenates them; None reads one map.
        num_convs: Number of convolutions before the last layer; with 0 the last layer reads the maps themselves.
        kernel_size: Size of these convolutions, odd.
        conv_cfg: Config of the convolutions, the last layer included; ``Conv2d`` by default.
        norm_cfg: Config of the normalization; None for no normalization.
        act_cfg: Config of the activation; None for no activation.
        align_corners: How maps and logits are resized, see :func:`resize_to`.
        init_cfg: Config of the initialization.

    Raises:
        ConfigError: All tasks are auxiliary, or arguments contradict each other.
    """

    threshold = 0.5
    """Probability above which a stock segmentor predicts 1, if the only task is a binary map."""

    def __init__(
        self,
        tasks: Sequence[dict],
        in_channels: int | Sequence[int] = 256,
        channels: int = 256,
        in_index: int | Sequence[int] = 0,
        input_transform: str | None = None,
        num_convs: int = 1,
        kernel_size: int = 3,
        conv_cfg: dict | None = None,
        norm_cfg: dict | None = dict(type='BN'),  # noqa: B006
        act_cfg: dict | None = dict(type='ReLU'),  # noqa: B006
        align_corners: bool = False,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        width = count_channels(in_channels, in_index, input_transform)
        if num_convs < 0 or kernel_size % 2 == 0:
            raise ConfigError(
                f'MultiTaskHead has num_convs={num_convs} and kernel_size={kernel_size}; num_convs must be 0 or more, '
                'and kernel_size odd'
            )
        self.in_index = in_index
        self.input_transform = input_transform
        self.align_corners = align_corners
        self.tasks = build_tasks(tasks)
        main, self.auxiliary = split_tasks(self.tasks)
        self.out_channels = sum(task.channels for task in main.values())
        self.num_classes = self.out_channels
        widths = [width] + [channels] * num_convs
        self.convs = ModuleDict({name: build_convs(widths, kernel_size, conv_cfg, norm_cfg, act_cfg) for name in main})
        self.predictors = ModuleDict({name: build_predictor(widths[-1], task, conv_cfg) for name, task in main.items()})
        self.loss_functions = ModuleDict({name: build_loss(task) for name, task in self.tasks.items()})

    def forward(self, inputs: TaskFeatures | Sequence[Tensor]) -> dict[str, Tensor]:
        """Predicts the logits of each task that is not auxiliary.

        Args:
            inputs: TaskFeatures, or a tuple of maps (B, C_i, h_i, w_i).

        Returns:
            Logits (B, channels, h, w) by task, in float32, at the input's size.

        Raises:
            ConfigError: A map, or a task's features or pyramid, is missing.
        """
        maps = self._maps_by_task(inputs)
        return {name: self.predictors[name](convs(maps[name])).float() for name, convs in self.convs.items()}

    def loss(
        self,
        inputs: TaskFeatures | Sequence[Tensor],
        batch_data_samples: Sequence[BaseDataElement],
        train_cfg: dict | None = None,
    ) -> dict[str, Tensor]:
        """Computes the losses: of the logits at the size of the targets, of the necks' predictions at their own size.

        Args:
            inputs: See :meth:`forward`.
            batch_data_samples: Samples with ``gt_<field>`` of size (target_channels, H, W); the target of a task may be
                missing.
            train_cfg: Unused.

        Returns:
            Raw losses: ``loss_<task>`` of the logits, ``loss_<task>_s<k>`` of the k-th intermediate prediction, and the
            losses of the necks.

        Raises:
            ConfigError: A neck predicts an unknown task or repeats the name of a loss, or no neck predicts an auxiliary
                task.
            DataError: No sample has a target.
        """
        features = inputs if isinstance(inputs, TaskFeatures) else TaskFeatures(features={})
        self._check_predictions(features.predictions)
        logits = self(inputs)
        targets = collect_targets(batch_data_samples, self.tasks, next(iter(logits.values())).device)
        losses = {}
        for name, task in self.tasks.items():
            target, score = targets[name], self.loss_functions[name]
            if name in logits:
                resized = resize_to(logits[name], target.shape[-2:], self.align_corners)
                losses[task_loss(name)] = score(resized, target, task.valid(target))
            for k, stage in enumerate(features.predictions.get(name, ())):
                coarse = resize_target(target, stage.shape[-2:])
                losses[stage_loss(name, k)] = score(stage.float(), coarse, task.valid(coarse))
        return merge_losses(losses, features.losses, self.tasks)

    def predict(
        self, inputs: TaskFeatures | Sequence[Tensor], batch_img_metas: Sequence[dict], test_cfg: dict | None = None
    ) -> Tensor:
        """Predicts the logits of all tasks that are not auxiliary, at the size of the network's input.

        Args:
            inputs: See :meth:`forward`.
            batch_img_metas: Metadata of the images; that of the first gives the size.
            test_cfg: Unused.

        Returns:
            Logits of the tasks one after the other, (B, out_channels, H, W).
        """
        meta = batch_img_metas[0]
        # Sliding inference puts the size of a window, a torch.Size, into img_shape; otherwise the input is padded.
        window = isinstance(meta['img_shape'], torch.Size)
        size = meta['img_shape'] if window else meta.get('pad_shape', meta['img_shape'])
        return torch.cat([resize_to(logits, size[:2], self.align_corners) for logits in self(inputs).values()], 1)

    def _maps_by_task(self, inputs: TaskFeatures | Sequence[Tensor]) -> Mapping[str, Tensor]:
        """Returns the input of each task's head, (B, C, h, w)."""
        if not isinstance(inputs, TaskFeatures):
            return dict.fromkeys(self.convs, self._transform(inputs))
        concat = self.input_transform == 'resize_concat'
        maps = inputs.pyramids if concat else inputs.features
        if missing := [name for name in self.convs if name not in maps]:
            raise ConfigError(
                f'MultiTaskHead receives no {"pyramid" if concat else "features"} of {", ".join(missing)} (received: '
                f'{", ".join(maps) or "none"}); add a neck that makes them, remove the task from the task list, or set '
                'auxiliary=True on it if only necks predict it'
            )
        return {name: self._transform(maps[name]) for name in self.convs} if concat else maps

    def _transform(self, maps: Sequence[Tensor]) -> Tensor:
        """Picks one map, or resizes and concatenates several."""
        if self.input_transform is None:
            return pick_map(maps, self.in_index, 'MultiTaskHead')
        return resize_concat([pick_map(maps, i, 'MultiTaskHead') for i in self.in_index], self.align_corners)

    def _check_predictions(self, predictions: Mapping[str, Sequence[Tensor]]) -> None:
        """Checks that necks predict only known tasks and, in training, all auxiliary ones."""
        if unknown := [name for name in predictions if name not in self.tasks]:
            raise ConfigError(
                f'a neck predicts {", ".join(unknown)}, but the tasks are {", ".join(self.tasks)}; add it to the task '
                'list (with auxiliary=True if only the neck predicts it), or remove it from the neck'
            )
        if self.training and (missing := [name for name in self.auxiliary if not predictions.get(name)]):
            raise ConfigError(
                f'no neck predicts the auxiliary task {", ".join(missing)}; add a neck that does, or remove the task '
                'from the task list'
            )


def count_channels(in_channels: int | Sequence[int], in_index: int | Sequence[int], input_transform: str | None) -> int:
    """Returns the number of input channels, after checks as in mmseg's ``BaseDecodeHead``.

    Raises:
        ConfigError: The arguments contradict each other.
    """
    if input_transform not in INPUT_TRANSFORMS:
        raise ConfigError(
            f'input_transform={input_transform!r} of MultiTaskHead is unknown; choose one of {INPUT_TRANSFORMS}'
        )
    settings = f'MultiTaskHead has in_channels={in_channels}, in_index={in_index}, input_transform={input_transform!r}'
    if input_transform is None:
        if not (isinstance(in_channels, int) and isinstance(in_index, int)):
            raise ConfigError(f"{settings}; give two integers to read one map, or input_transform='resize_concat'")
        return in_channels
    lists = isinstance(in_channels, Sequence) and isinstance(in_index, Sequence)
    if not lists or not len(in_channels) == len(in_index) > 0:
        raise ConfigError(f'{settings}; give a list of channels and a list of indices, of the same length')
    return sum(in_channels)
