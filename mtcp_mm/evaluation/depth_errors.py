import torch
from mmseg.registry import METRICS
from torch import Tensor

from mtcp_mm.tasks import Task

from .metric import Metric, select_pixels


@METRICS.register_module()
class DepthErrors(Metric):
    """Errors of depth in metres, pooled over all valid pixels of all images.

    ``rmse``; ``rmse_6.55``, which ignores pixels labelled 6.5535 m or more, as the code released with MT-CP does;
    ``log_rmse``; ``abs_rel``; ``delta1`` to ``delta3``, the share of pixels with max(p / g, g / p) < 1.25 ** k. For
    the logarithm and the ratios, predictions are clamped to 1e-9 m. The protocol ``atrc`` clamps them to 0 for all
    scores, and ignores pixels labelled 80 m or more.
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
        """Counts valid pixels and sums their errors: float64 (9,)."""
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
