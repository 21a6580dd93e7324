from pathlib import Path

from mmengine.dist import master_only
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmseg.registry import HOOKS

from mtcp_mm.utils import UserError
from mtcp_mm.visualization import read_training_log, write_curves


@HOOKS.register_module()
class TrainingCurvesHook(Hook):
    """Draws at the end of a training its losses, task weights and validation metrics as one image.

    The image shows the whole training, resumed runs included. It is made from what ``AtomicVisBackend`` or
    MMEngine's ``LocalVisBackend`` wrote into the work directory; without them there is a warning and no image.

    Args:
        file: The image's name in the work directory.
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
        except (FileNotFoundError, UserError) as error:
            runner.logger.warning(f'No curves are drawn: {error}')
        else:
            write_curves(log, path)
            runner.logger.info(f'Curves of losses, weights and metrics: {path}')
