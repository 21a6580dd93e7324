from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.hooks.hook import DATA_BATCH
from mmengine.runner import Runner
from mmseg.registry import HOOKS
from torch.utils.data import DataLoader

from mtcp_mm.structures import MultiTaskDataSample
from mtcp_mm.utils import ConfigError, read_rgb


@HOOKS.register_module()
class PredictionVisualizationHook(Hook):
    """Shows a few images of the validation, always the same ones, as panels of predictions above targets.

    The visualizer, a :class:`MultiTaskVisualizer`, draws them and hands them to its backends. The images are spread
    evenly over those that the first rank sees.

    Args:
        count: How many images.
        interval: Every how many epochs (iterations, where ``by_epoch`` is false) a validation is drawn. The one at
            the end of the training always is.
        by_epoch: Whether the training counts epochs.
        test_dir: Folder in the work directory for the panels of a test, ``<image>.png`` each. By default they go to
            the backends too.
    """

    def __init__(self, count: int = 4, interval: int = 1, by_epoch: bool = True, test_dir: str | None = None) -> None:
        if count < 1 or interval < 1:
            raise ConfigError(f'count ({count}) and interval ({interval}) of PredictionVisualizationHook start at 1')
        self.count = count
        self.interval = interval
        self.by_epoch = by_epoch
        self.test_dir = test_dir
        self.trains = False
        self.seen = 0

    def before_train(self, runner: Runner) -> None:
        """Notes that validations belong to a training; to ask the runner for the epoch would build one."""
        self.trains = True

    def before_val_epoch(self, runner: Runner) -> None:
        """Starts counting images."""
        self.seen = 0

    def before_test_epoch(self, runner: Runner) -> None:
        """Starts counting images."""
        self.seen = 0

    @master_only
    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: DATA_BATCH = None,
        outputs: Sequence[MultiTaskDataSample] | None = None,
    ) -> None:
        """Draws those of a validation batch that are due."""
        time = self._time(runner)
        if time is None:
            return
        for sample in self._choose(runner.val_dataloader, outputs):
            name = f'val_{Path(sample.img_path).stem}'
            runner.visualizer.add_datasample(name, read_rgb(sample.img_path), sample, step=time)

    @master_only
    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: DATA_BATCH = None,
        outputs: Sequence[MultiTaskDataSample] | None = None,
    ) -> None:
        """Draws those of a test batch that are chosen."""
        for sample in self._choose(runner.test_dataloader, outputs):
            stem, file = Path(sample.img_path).stem, None
            if self.test_dir is not None:
                file = Path(runner.work_dir, self.test_dir, f'{stem}.png')
            runner.visualizer.add_datasample(f'test_{stem}', read_rgb(sample.img_path), sample, out_file=file)

    def _time(self, runner: Runner) -> int | None:
        """Returns the epoch or iteration under which a validation is drawn, None where it is not."""
        if not self.trains:
            return 0
        time, end = (runner.epoch, runner.max_epochs) if self.by_epoch else (runner.iter, runner.max_iters)
        return time if time % self.interval == 0 or time == end else None

    def _choose(self, loader: DataLoader, samples: Sequence[MultiTaskDataSample]) -> list[MultiTaskDataSample]:
        """Returns the batch's samples among the chosen ones, and counts the batch."""
        chosen = set(np.linspace(0, len(loader.sampler) - 1, self.count).round().astype(int).tolist())
        first, self.seen = self.seen, self.seen + len(samples)
        return [sample for i, sample in enumerate(samples, first) if i in chosen]
