from pathlib import Path

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mtcp_mm.utils import UserError
from mtcp_mm.visualization import read_training_log, write_curves


@HOOKS.register_module()
class TrainingCurvesHook(Hook):
    """Draws losses, task weights and validation metrics as one image at the end of a training.

    The image shows the whole training, including runs that were resumed. It is drawn from the log of
    ``AtomicVisBackend`` or MMEngine's ``LocalVisBackend`` in the work directory. Without a log, the hook
    warns and draws nothing.

    Args:
        file: Name of the image in the work directory.
    """

    priority = 'VERY_LOW'

    def __init__(self, file: str = 'curves.png') -> None:
        self.file = file

    @master_only
    def after_train(self, runner: Runner) -> None:
        """Draws the image."""
        path = Path(runner.work_dir, self.file)
        try:
            log = read_training_log(runner.work_dir)
        except UserError as error:
            runner.logger.warning(f'No curves are drawn: {error}')
        else:
            write_curves(log, path)
            runner.logger.info(f'Curves of losses, weights and metrics: {path}')
