import torch
from mmseg.registry import METRICS
from torch import Tensor

from mtcp_mm.tasks import Task

from .metric import Metric, select_pixels


@METRICS.register_module()
class DepthErrors(Metric):
    """Depth errors, pooled over all valid pixels of all images.

    - ``rmse``: root mean squared error, in metres
    - ``rmse_6.55``: the same without pixels of 6.5535 m or more, as in the code released with MT-CP
    - ``log_rmse``: root mean squared error of the natural logarithm
    - ``abs_rel``: mean absolute relative error
    - ``delta1`` to ``delta3``: share of pixels with max(p / g, g / p) < 1.25 ** k

    Predictions are clamped to at least 1e-9 m for logarithms and ratios. Protocol ``atrc`` clamps them to at least 0
    for all scores, and ignores pixels of 80 m or more.
    """

    headline = 'rmse'
    greater_is_better = False
    made_for = 'depth in metres'
    farthest = 80.0
    released_limit = 6.5535
    nearest_prediction = 1e-9

    @staticmethod
    def suits(task: Task) -> bool:
        return task.metric_depth

    def process(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Returns the number of valid pixels and sums of their errors: float64 (9,)."""
        valid = self.task.valid(target)
        if self.protocol == 'atrc':
            valid, prediction = valid & (target < self.farthest), prediction.clamp(min=0)
        depth, truth = (values[0].double() for values in select_pixels(valid, prediction, target))
        error = depth - truth
        near = truth < self.released_limit
        positive = depth.clamp(min=self.nearest_prediction)
        ratio = torch.maximum(positive / truth, truth / positive)
        sums = [
            valid.sum(),
            error.square().sum(),
            near.sum(),
            (error * near).square().sum(),
            (positive / truth).log().square().sum(),
            (error.abs() / truth).sum(),
            *[(ratio < 1.25**k).sum() for k in (1, 2, 3)],
        ]
        return torch.stack([value.double() for value in sums])

    def compute(self, total: Tensor) -> dict[str, float]:
        pixels, squared, near, near_squared, log_squared, relative, *within = total.double()
        scores = {
            'rmse': (squared / pixels).sqrt(),
            'rmse_6.55': (near_squared / near).sqrt(),
            'log_rmse': (log_squared / pixels).sqrt(),
            'abs_rel': relative / pixels,
            **{f'delta{k}': count / pixels for k, count in enumerate(within, 1)},
        }
        return {name: value.item() for name, value in scores.items()}
