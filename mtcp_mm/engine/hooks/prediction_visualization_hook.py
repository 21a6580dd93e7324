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
    """Draws panels of a few validation images, always the same ones, with predictions above targets.

    The visualizer must be a :class:`MultiTaskVisualizer`, whose backends receive the panels. The images are evenly
    spaced among those of the first rank.

    Args:
        count: Number of images.
        interval: Number of epochs between drawings, or of iterations if ``by_epoch`` is False. The validation at the
            end of the training is always drawn.
        by_epoch: Whether the training counts epochs.
        test_dir: Folder in the work directory for the panels of a test, ``<image>.png`` each. By default the backends
            receive them too.

    Raises:
        ConfigError: ``count`` or ``interval`` is not positive.
    """

    def __init__(self, count: int = 4, interval: int = 1, by_epoch: bool = True, test_dir: str | None = None) -> None:
        if count < 1 or interval < 1:
            raise ConfigError(
                f'PredictionVisualizationHook has count={count} and interval={interval}; both must be at least 1'
            )
        self.count = count
        self.interval = interval
        self.by_epoch = by_epoch
        self.test_dir = test_dir
        self.trains = False
        self.seen = 0

    def before_train(self, runner: Runner) -> None:
        """Records that there is a training; asking the runner for its epoch would build a training loop."""
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
        """Draws the chosen images of a validation batch, if this validation is drawn."""
        step = self._step(runner)
        if step is None:
            return
        for sample in self._choose(runner.val_dataloader, outputs):
            name = f'val_{Path(sample.img_path).stem}'
            runner.visualizer.add_datasample(name, read_rgb(sample.img_path), sample, step=step)

    @master_only
    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: DATA_BATCH = None,
        outputs: Sequence[MultiTaskDataSample] | None = None,
    ) -> None:
        """Draws the chosen images of a test batch."""
        for sample in self._choose(runner.test_dataloader, outputs):
            stem, file = Path(sample.img_path).stem, None
            if self.test_dir is not None:
                file = Path(runner.work_dir, self.test_dir, f'{stem}.png')
            runner.visualizer.add_datasample(f'test_{stem}', read_rgb(sample.img_path), sample, out_file=file)

    def _step(self, runner: Runner) -> int | None:
        """Returns the epoch or iteration under which to record a validation's panels; None for no panels."""
        if not self.trains:
            return 0
        step, end = (runner.epoch, runner.max_epochs) if self.by_epoch else (runner.iter, runner.max_iters)
        return step if step % self.interval == 0 or step == end else None

    def _choose(self, loader: DataLoader, samples: Sequence[MultiTaskDataSample]) -> list[MultiTaskDataSample]:
        """Returns the chosen samples of a batch, and counts the batch."""
        chosen = set(np.linspace(0, len(loader.sampler) - 1, self.count).round().astype(int).tolist())
        first, self.seen = self.seen, self.seen + len(samples)
        return [sample for i, sample in enumerate(samples, first) if i in chosen]
