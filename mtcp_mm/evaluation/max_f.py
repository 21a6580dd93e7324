import torch
from mmseg.registry import METRICS
from torch import Tensor

from mtcp_mm.tasks import Task

from .metric import Metric, select_pixels


@METRICS.register_module()
class MaxF(Metric):
    """F-measure and IoU of a binary map at the best of several thresholds: ``maxF`` and ``mIoU``, in percent.

    Protocol ``mti``: 15 thresholds from 0.2 to 0.9. Precision, recall and IoU of the positive class are averaged over
    images. ``maxF`` is the maximum of 2PR / (P + R), ``mIoU`` the maximum mean IoU. An image without positive pixels
    has precision and recall 0, and IoU 1 if no positive pixel is predicted. (Papers with this protocol use mIoU for
    saliency in delta_m. Here delta_m uses the headline, maxF.)

    Protocol ``atrc``: 19 thresholds from 0.05 to 0.95, with counts pooled over all images. ``maxF`` is the maximum of
    (1 + b) PR / (bP + R) with b = 0.3, ``mIoU`` the IoU of the positive class at threshold 0.5.
    """

    headline = 'maxF'
    greater_is_better = True
    made_for = 'binary maps'
    beta_squared = 0.3
    middle = 9
    """Index of threshold 0.5 in protocol ``atrc``."""

    @property
    def thresholds(self) -> Tensor:
        """The thresholds of the protocol, (thresholds,)."""
        return torch.linspace(0.2, 0.9, 15) if self.protocol == 'mti' else torch.arange(1, 20) / 20

    @staticmethod
    def suits(task: Task) -> bool:
        return task.binary

    def process(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Scores one image at all thresholds.

        Returns:
            Protocol ``mti``: precision, recall and IoU per threshold, and 1 for the image; all zeros without valid
            pixels; float64 (46,). Protocol ``atrc``: numbers of true positives and of predicted positives per
            threshold, of positive pixels, and of valid pixels; float64 (40,).
        """
        probability, positive = (values[0] for values in select_pixels(self.task.valid(target), prediction, target))
        positive = positive > 0.5
        thresholds = self.thresholds.to(probability)[:, None]
        above = probability > thresholds if self.protocol == 'mti' else probability >= thresholds
        hits, predicted = (above & positive).sum(1).double(), above.sum(1).double()
        true, pixels = positive.sum().double(), torch.ones_like(positive).sum().double()
        if self.protocol == 'atrc':
            return torch.cat([hits, predicted, true[None], pixels[None]])
        union = predicted + true - hits
        overlap = torch.where(union > 0, hits / union.clamp(min=1), 1)
        shares = torch.cat([hits / (predicted + 1e-12), hits / (true + 1e-12), overlap, torch.ones_like(hits[:1])])
        return shares * (pixels > 0)

    def compute(self, total: Tensor) -> dict[str, float]:
        scores = self._averaged(total) if self.protocol == 'mti' else self._pooled(total)
        return {name: 100 * value.item() for name, value in scores.items()}

    def _averaged(self, total: Tensor) -> dict[str, Tensor]:
        precision, recall, overlap = (total[:-1] / total[-1]).view(3, -1)
        return {'maxF': (2 * precision * recall / (precision + recall + 1e-12)).max(), 'mIoU': overlap.max()}

    def _pooled(self, total: Tensor) -> dict[str, Tensor]:
        hits, predicted = total[:-2].view(2, -1)
        true, pixels = total[-2:]
        # (1 + b) PR / (bP + R), with P = hits / predicted and R = hits / true
        score = (1 + self.beta_squared) * hits / (self.beta_squared * true + predicted).clamp(min=1e-12)
        overlap = hits[self.middle] / (predicted + true - hits)[self.middle].clamp(min=1)
        scores = {'maxF': score.max(), 'mIoU': overlap}
        return {name: torch.where(pixels > 0, value, torch.nan) for name, value in scores.items()}
