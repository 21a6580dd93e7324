import torch
from mmseg.registry import METRICS
from torch import Tensor

from mtcp_mm.tasks import Task

from .metric import Metric, select_pixels


def dot(a: Tensor, b: Tensor) -> Tensor:
    """Returns the dot products (N,) of vectors (3, N)."""
    return (a * b).sum(0)


def unit(vectors: Tensor) -> Tensor:
    """Normalises vectors (3, N) to unit length. Zero vectors stay zero."""
    return vectors / dot(vectors, vectors).sqrt().clamp(min=1e-12)


def arccos_angle(p: Tensor, g: Tensor) -> Tensor:
    """Returns the angles (N,) in radians between unit vectors (3, N): arccos of the clamped dot product."""
    return dot(p, g).clamp(-1, 1).arccos()


def arctan_angle(p: Tensor, g: Tensor) -> Tensor:
    """Returns the angles (N,) in radians between unit vectors (3, N): 2 atan2(|p - g|, |p + g|)."""
    return 2 * torch.atan2(dot(p - g, p - g).sqrt(), dot(p + g, p + g).sqrt())


ANGLES = {'mti': arccos_angle, 'atrc': arctan_angle}


@METRICS.register_module()
class AngularErrors(Metric):
    """Angles between predicted and ground truth normals, over all valid pixels of all images.

    ``mErr`` (the mean), ``median`` (to 0.01) and ``rmse`` are in degrees. ``11.25``, ``22.5`` and ``30`` are the
    percentages of pixels with an error below that many degrees. Protocol ``mti`` computes the angle by arccos,
    ``atrc`` by atan2.
    """

    headline = 'mErr'
    greater_is_better = False
    made_for = 'unit vectors'
    limits = (11.25, 22.5, 30)
    bins_per_degree = 100

    @staticmethod
    def suits(task: Task) -> bool:
        return task.unit_vectors

    def process(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Sums the angles of one image, and counts them in a histogram.

        Returns:
            Number, sum, sum of squares, numbers within the limits, and histogram of the rounded angles: 18,007 values.
            They are float32 (72 KB) to save memory, since they are stored for every image. Counts up to 2 ** 24 are
            exact.
        """
        valid = self.task.valid(target)
        vectors = (unit(normals.double()) for normals in select_pixels(valid, prediction, target))
        degrees = ANGLES[self.protocol](*vectors).rad2deg()
        within = [(degrees < limit).sum() for limit in self.limits]
        sums = torch.stack([value.double() for value in (valid.sum(), degrees.sum(), degrees.square().sum(), *within)])
        bins = (degrees.nan_to_num(180) * self.bins_per_degree).round().long()
        histogram = torch.bincount(bins, minlength=180 * self.bins_per_degree + 1)
        return torch.cat([sums, histogram]).float()

    def compute(self, total: Tensor) -> dict[str, float]:
        pixels, degrees, squared, *within = total[:6].double()
        scores = {
            'mErr': degrees / pixels,
            'median': torch.where(pixels > 0, self._median(total[6:].double()), torch.nan),
            'rmse': (squared / pixels).sqrt(),
            **{f'{limit:g}': 100 * count / pixels for limit, count in zip(self.limits, within, strict=True)},
        }
        return {name: value.item() for name, value in scores.items()}

    def _median(self, histogram: Tensor) -> Tensor:
        cumulated = histogram.cumsum(0)
        return torch.searchsorted(cumulated, cumulated[-1:] / 2)[0] / self.bins_per_degree
