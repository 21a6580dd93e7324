from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmseg.registry import MODELS
from torch import Tensor, nn

from mtcp_mm.tasks import Task
from mtcp_mm.tasks.settings import check_class_weights
from mtcp_mm.utils import ConfigError

from .reduction import masked_mean


@MODELS.register_module()
class PixelCrossEntropyLoss(nn.Module):
    """Cross entropy of a class map, averaged over the valid pixels of all ranks.

    mmseg's own ``CrossEntropyLoss`` divides by all pixels, or by the valid ones of this rank alone.

    Args:
        class_weight: Weight of each class. The loss is then the weighted mean, as in PyTorch.
        label_smoothing: Share e of each target that is spread over all K classes: the target probability is
            1 - e + e / K for the pixel's class and e / K for the others (Szegedy et al., CVPR 2016). A pixel has the
            weight of its own class.

    Raises:
        ConfigError: ``label_smoothing`` is not within [0, 1), or a weight is negative, or all are zero.
    """

    made_for = 'maps of two classes or more'

    def __init__(self, class_weight: Sequence[float] | None = None, label_smoothing: float = 0.0) -> None:
        super().__init__()
        if not 0 <= label_smoothing < 1:
            raise ConfigError(f'label_smoothing {label_smoothing} of PixelCrossEntropyLoss; it must be within [0, 1)')
        self.label_smoothing = label_smoothing
        if class_weight is not None:
            check_class_weights('class_weight of PixelCrossEntropyLoss', class_weight)
        weight = None if class_weight is None else torch.tensor(class_weight, dtype=torch.float32)
        self.register_buffer('class_weight', weight, persistent=False)

    @staticmethod
    def suits(task: Task) -> bool:
        """Whether the loss can score a task, for :func:`build_loss`."""
        return task.channels > 1 and task.target_channels == 1

    def forward(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Scores a class map.

        Args:
            prediction: Logits (B, classes, H, W).
            target: Class indices, int64 (B, 1, H, W).
            valid: Pixels that count, bool (B, 1, H, W); the target may hold anything elsewhere.

        Returns:
            The mean over the valid pixels of all ranks, a scalar; see :func:`masked_mean`.
        """
        labels = target.masked_fill(~valid, 0)
        scores, classes = prediction, labels.squeeze(1)
        if prediction.is_contiguous(memory_format=torch.channels_last):
            # As rows of scores: the softmax then runs along memory, which is faster on a CPU.
            scores, classes = prediction.permute(0, 2, 3, 1).flatten(0, 2), classes.flatten()
        entropy = F.cross_entropy(scores, classes, reduction='none', label_smoothing=self.label_smoothing)
        entropy = entropy.view_as(labels)
        weights = None if self.class_weight is None else self.class_weight[labels]
        return masked_mean(entropy, valid, weights)
