import torch.nn.functional as F
from mmseg.registry import MODELS
from torch import Tensor, nn

from mtcp_mm.tasks import Task
from mtcp_mm.tasks.settings import check_number

from .reduction import masked_mean


@MODELS.register_module()
class NormalsL1Loss(nn.Module):
    """Mean absolute error of the normalised vectors, over pixels and the three channels.

    Args:
        loss_weight: Factor of the loss; 3 gives the sum over the channels instead of the mean.
        shortest: Predictions shorter than this are divided by it instead of their length. This bounds the gradient,
            which grows as 1 / length.

    Raises:
        ConfigError: ``loss_weight`` or ``shortest`` is not positive.
    """

    made_for = 'unit vectors'

    def __init__(self, loss_weight: float = 1.0, shortest: float = 1e-3) -> None:
        super().__init__()
        check_number('loss_weight of NormalsL1Loss', loss_weight, above=0)
        check_number('shortest of NormalsL1Loss', shortest, above=0)
        self.loss_weight = loss_weight
        self.shortest = shortest

    @staticmethod
    def suits(task: Task) -> bool:
        """Whether the loss can score a task, for :func:`build_loss`."""
        return task.unit_vectors

    def forward(self, prediction: Tensor, target: Tensor, valid: Tensor) -> Tensor:
        """Scores a map of normals.

        Args:
            prediction: Raw vectors of any length (B, 3, H, W).
            target: Unit vectors (B, 3, H, W).
            valid: Pixels that count, bool (B, 1, H, W); the target may hold anything elsewhere.

        Returns:
            The weighted mean over the valid pixels of all ranks and the channels, a scalar; see :func:`masked_mean`.
        """
        normals = F.normalize(prediction, dim=1, eps=self.shortest)
        return self.loss_weight * masked_mean((normals - target.masked_fill(~valid, 0)).abs(), valid)
