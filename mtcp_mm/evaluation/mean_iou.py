from collections.abc import Sequence

import torch
from mmseg.registry import METRICS
from torch import Tensor

from mtcp_mm.tasks import Task
from mtcp_mm.utils import ConfigError

from .metric import Metric, select_pixels


@METRICS.register_module()
class MeanIoU(Metric):
    """Mean IoU and pixel accuracy, from counts pooled over all images: ``mIoU`` and ``pixel_acc``, in percent.

    The mean is over all classes of the task, or over ``classes``. A class that occurs neither in targets nor in
    predictions counts as 0, as in both protocols (mmseg's ``IoUMetric`` ignores it).

    Args:
        task: A class map.
        protocol: See :class:`Metric`. Both protocols give the same scores.
        classes: Names of the classes to average over, for data sets with only some of them. All by default, as in the
            protocols.
        per_class: Whether to also report ``IoU.<class>`` of each class.

    Raises:
        ConfigError: ``classes`` is empty, repeats a name, or has one that is no class of the task.
    """

    headline = 'mIoU'
    greater_is_better = True
    made_for = 'class maps'

    def __init__(
        self, task: Task, protocol: str = 'mti', classes: Sequence[str] | None = None, per_class: bool = False
    ) -> None:
        super().__init__(task, protocol)
        classes = task.classes if classes is None else classes
        if isinstance(classes, str) or not classes or len(set(classes)) < len(classes):
            raise ConfigError(f'classes {classes!r} of MeanIoU of task "{task.name}"; give a list of different names')
        if unknown := [name for name in classes if name not in task.classes]:
            raise ConfigError(
                f'classes {unknown} of MeanIoU are no classes of task "{task.name}": {list(task.classes)}'
            )
        self.averaged = [task.classes.index(name) for name in classes]
        self.per_class = per_class

    @staticmethod
    def suits(task: Task) -> bool:
        return bool(task.classes)

    def process(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Returns the numbers of correct, predicted and ground truth pixels per class: int64 (3 * classes,)."""
        predicted, labels = (
            classes[0].long() for classes in select_pixels(self.task.valid(target), prediction, target)
        )
        return torch.cat([self._count(classes) for classes in (labels[predicted == labels], predicted, labels)])

    def compute(self, total: Tensor) -> dict[str, float]:
        hits, predicted, labelled = total.double().view(3, -1)
        pixels = labelled.sum()
        iou = torch.where(pixels > 0, 100 * hits / (predicted + labelled - hits).clamp(min=1), torch.nan)
        scores = {'mIoU': iou[self.averaged].mean().item(), 'pixel_acc': (100 * hits.sum() / pixels).item()}
        if self.per_class:
            scores |= {f'IoU.{name}': value for name, value in zip(self.task.classes, iou.tolist(), strict=True)}
        return scores

    def _count(self, classes: Tensor) -> Tensor:
        return torch.bincount(classes, minlength=self.task.channels)[: self.task.channels]
