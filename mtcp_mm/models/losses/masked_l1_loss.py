from mmseg.registry import MODELS
from torch import Tensor, nn

from mtcp_mm.tasks import Task

from .reduction import masked_mean


@MODELS.register_module()
class MaskedL1Loss(nn.Module):
    """Mean absolute error, in the unit of the target: metres for depth."""

    made_for = 'raw maps with the channels of their target'

    @staticmethod
    def suits(task: Task) -> bool:
        """Whether the loss can score a task, for :func:`build_loss`."""
        return task.channels == task.target_channels

    def forward(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Scores a map.

        Args:
            prediction: (B, C, H, W).
            target: (B, C, H, W), in the same unit.
            valid: Pixels that count, bool (B, 1, H, W); the target may hold anything elsewhere.

        Returns:
            The mean over the valid pixels of all ranks, a scalar; see :func:`masked_mean`.
        """
        return masked_mean((prediction - target.masked_fill(~valid, 0)).abs(), valid)
