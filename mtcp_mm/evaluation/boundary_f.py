from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import torch
from mmseg.registry import METRICS
from torch import Tensor

from mtcp_mm.tasks import Task
from mtcp_mm.tasks.settings import check_number
from mtcp_mm.utils import ConfigError, process_pool, thin

from .edge_matching import match_at_thresholds, suppress_non_maxima
from .metric import Metric


@METRICS.register_module()
class BoundaryF(Metric):
    """F-measure of edges at the best threshold for the data set (``odsF``), by the protocol of the BSDS benchmark.

    See Martin, Fowlkes and Malik, Learning to detect natural image boundaries, PAMI 2004. At each threshold, predicted
    and ground truth edges are thinned and matched one to one. Precision is the matched share of the predicted edge
    pixels, recall the matched share of the ground truth ones. Both use counts pooled over all images.

    Scores: ``odsF``; ``precision`` and ``recall`` at its ``threshold``; ``oisF``, with the best threshold for each
    image. All but the threshold are in percent. Predictions on void pixels are ignored.

    Papers usually score edges in MATLAB with SEISM. As there, the thresholds are 0.01 to 0.99 without interpolation,
    and the number of matches is the maximum. Differences: SEISM does not thin the ground truth edges (those of the data
    sets are thin), and Multi-Task-Learning-PyTorch thins nothing. ATRC and later papers apply non-maximum suppression
    first, which is ``nms=True``.

    Args:
        task: A binary map.
        protocol: See :class:`Metric`. Both protocols give the same scores.
        tolerance: Maximum distance of matching pixels, as a fraction of the image diagonal: 0.0075 for PASCAL-Context,
            0.011 for NYUD.
        thresholds: Number of thresholds, evenly spaced in (0, 1). With 99, an image takes about half a second on one
            core. Fewer are proportionally faster, but may miss the best threshold.
        nms: Whether to apply :func:`suppress_non_maxima` to predictions first.
        workers: Number of worker processes, which share the thresholds of an image. 0 means none.

    Raises:
        ConfigError: The tolerance is not between 0 and 1, or ``thresholds`` or ``workers`` is too small.
    """

    headline = 'odsF'
    greater_is_better = True
    made_for = 'binary maps'

    def __init__(
        self,
        task: Task,
        protocol: str = 'mti',
        tolerance: float = 0.0075,
        thresholds: int = 99,
        nms: bool = False,
        workers: int = 0,
    ) -> None:
        super().__init__(task, protocol)
        if not (0 < tolerance < 1 and thresholds >= 1):
            raise ConfigError(
                f'tolerance {tolerance} and {thresholds} thresholds; a positive tolerance below 1 (a fraction of the '
                'diagonal) and at least 1 threshold are expected'
            )
        check_number(f'workers of BoundaryF of task "{task.name}"', workers, least=0)
        self.tolerance = tolerance
        self.thresholds = np.arange(1, thresholds + 1) / (thresholds + 1)
        self.nms = nms
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    @staticmethod
    def suits(task: Task) -> bool:
        return task.binary

    def process(self, prediction: Tensor, target: Tensor) -> Tensor:
        """Matches the edges of one image at all thresholds.

        Returns:
            Numbers of matches and of predicted pixels per threshold, of both at the image's best threshold, of ground
            truth edge pixels, and of valid pixels: float64 (2 * thresholds + 4,).
        """
        valid = self.task.valid(target)
        if not valid.any():
            return torch.zeros(2 * len(self.thresholds) + 4, dtype=torch.float64)
        probability = torch.where(valid, prediction, 0)[0].float().cpu().numpy()
        edges = thin((valid & (target > 0.5))[0].cpu().numpy())
        if self.nms:
            probability = suppress_non_maxima(probability)
        matches, predicted = self._match(probability, edges)
        best = f_measure(matches, predicted, edges.sum()).argmax()
        sums = [*matches, *predicted, matches[best], predicted[best], edges.sum(), valid.sum().item()]
        return torch.tensor(sums, dtype=torch.float64)

    def compute(self, total: Tensor) -> dict[str, float]:
        *counts, own_matches, own_predicted, true, pixels = total.double().numpy()
        if not pixels:
            return dict.fromkeys(('odsF', 'precision', 'recall', 'threshold', 'oisF'), float('nan'))
        matches, predicted = np.reshape(counts, (2, -1))
        best = f_measure(matches, predicted, true).argmax()
        scores = {
            'odsF': 100 * f_measure(matches, predicted, true)[best],
            'precision': 100 * matches[best] / max(predicted[best], 1),
            'recall': 100 * matches[best] / max(true, 1),
            'threshold': self.thresholds[best],
            'oisF': 100 * f_measure(own_matches, own_predicted, true),
        }
        return {name: float(value) for name, value in scores.items()}

    def _match(self, probability: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        match = partial(match_at_thresholds, probability, edges, radius=self.tolerance * np.hypot(*probability.shape))
        if not self.workers:
            return match(self.thresholds)
        self._pool = self._pool or process_pool(self.workers)
        # Each process takes every n-th threshold: low thresholds give more edges, so this balances the load.
        parts = list(self._pool.map(match, [self.thresholds[i :: self.workers] for i in range(self.workers)]))
        counts = np.zeros((2, len(self.thresholds)), np.int64)
        for i, part in enumerate(parts):
            counts[:, i :: self.workers] = part
        return tuple(counts)


def f_measure(matches: np.ndarray, predicted: np.ndarray, true: float) -> np.ndarray:
    """Returns F = 2PR / (P + R), computed as 2 * matches / (predicted + true), 0 without any pixel."""
    return 2 * matches / np.maximum(predicted + true, 1)
