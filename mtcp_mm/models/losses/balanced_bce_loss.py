import torch
import torch.nn.functional as F
from mmseg.registry import MODELS
from torch import Tensor, nn

from mtcp_mm.tasks import Task
from mtcp_mm.utils import ConfigError

from .reduction import masked_mean, mean_over_ranks


@MODELS.register_module()
class BalancedBCELoss(nn.Module):
    """Binary cross entropy that balances positives and negatives (Xie and Tu, HED, ICCV 2015).

    Let w be the share of negatives among the valid pixels of the batch, over all ranks. Positives have weight w and
    negatives 1 - w, so both count the same in total. The weighted mean is divided by the sum of the weights, so that an
    untrained network starts at ln 2, comparable to other losses. Multi-Task-Learning-PyTorch and ATRC divide by the
    number of pixels instead, and compensate with task weights (5 for saliency, 50 for edges).

    Args:
        positive_weight: Fixed w in (0, 1), such as 0.95 for edges; by default w depends on the batch.

    Raises:
        ConfigError: The weight is not between 0 and 1.
    """

    made_for = 'binary maps'

    def __init__(self, positive_weight: float | None = None) -> None:
        super().__init__()
        if positive_weight is not None and not 0 < positive_weight < 1:
            raise ConfigError(f'positive_weight {positive_weight}; a number between 0 and 1 is expected')
        self.positive_weight = positive_weight

    @staticmethod
    def suits(task: Task) -> bool:
        """Whether the loss can score a task, for :func:`build_loss`."""
        return task.binary

    def forward(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Scores a binary map.

        Args:
            prediction: Logits (B, 1, H, W).
            target: 1 for positives and 0 for negatives (B, 1, H, W).
            valid: Pixels that count, bool (B, 1, H, W); the target may hold anything elsewhere.

        Returns:
            The weighted mean over the valid pixels of all ranks, a scalar; see :func:`masked_mean`. Without a fixed
            weight it is zero if they are all positive or all negative.
        """
        labels = target.masked_fill(~valid, 0).to(prediction.dtype)
        weight = self._negative_share(labels, valid) if self.positive_weight is None else self.positive_weight
        entropy = F.binary_cross_entropy_with_logits(prediction, labels, reduction='none')
        return masked_mean(entropy, valid, labels * weight + (1 - labels) * (1 - weight))

    def _negative_share(self, labels: Tensor, valid: Tensor) -> Tensor:
        """Returns the share of negatives among the valid pixels of all ranks."""
        pixels, positive = mean_over_ranks(torch.stack([valid.sum(), labels.sum()]))
        return 1 - positive / pixels.clamp(min=1)
