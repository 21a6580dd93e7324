import torch
from mmseg.registry import METRICS
from torch import Tensor

from mtcp_mm.tasks import Task

from .metric import Metric, select_pixels


@METRICS.register_module()
class RegressionErrors(Metric):
    """Errors of a continuous map, pooled over all valid pixels and channels of all images.

    ``rmse`` is the root mean squared error, ``mae`` the mean absolute error, both in the unit of the map.
    """

    headline = 'rmse'
    greater_is_better = False
    made_for = 'continuous maps'

    @staticmethod
    def suits(task: Task) -> bool:
        return not task.classes and not task.binary

    def process(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Returns the number of valid values and sums of their errors: float64 (3,)."""
        values, truth = (maps.double() for maps in select_pixels(self.task.valid(target), prediction, target))
        error = values - truth
        return torch.stack([torch.ones_like(error).sum(), error.square().sum(), error.abs().sum()])

    def compute(self, total: Tensor) -> dict[str, float]:
        count, squared, absolute = total.double()
        return {'rmse': (squared / count).sqrt().item(), 'mae': (absolute / count).item()}
