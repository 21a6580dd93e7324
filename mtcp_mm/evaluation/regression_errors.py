import torch
from mmseg.registry import METRICS
from torch import Tensor

from mtcp_mm.tasks import Task

from .metric import Metric, select_pixels


@METRICS.register_module()
class RegressionErrors(Metric):
    """Errors of a continuous map in its own unit, pooled over all valid pixels of all images, and their channels.

    ``rmse``, the root of the mean squared error, and ``mae``, the mean absolute error.
    """

    headline = 'rmse'
    greater_is_better = False
    made_for = 'continuous maps'

    @staticmethod
    def suits(task: Task) -> bool:
        return not task.classes and not task.binary

    def process(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Counts the valid values and sums their errors: float64 (3,)."""
        values, truth = (maps.double() for maps in select_pixels(self.task.valid(target), prediction, target))
        error = values - truth
        return torch.stack([torch.ones_like(error).sum(), error.square().sum(), error.abs().sum()])

    def compute(self, total: Tensor) -> dict[str, float]:
        count, squared, absolute = total.double()
        return {'rmse': (squared / count).sqrt().item(), 'mae': (absolute / count).item()}
