from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor

from mtcp_mm.structures import TaskFeatures
from mtcp_mm.utils import ConfigError


@MODELS.register_module()
class SelectTask(BaseModule):
    """Passes one task's maps to a stock head.

    A stock head scores only its own prediction: the losses and intermediate predictions of necks are dropped here.

    Args:
        task: Name of the task.
        init_cfg: Without effect, since there are no weights.
    """

    def __init__(self, task: str, init_cfg: dict | list | None = None) -> None:
        super().__init__(init_cfg)
        self.task = task

    def forward(self, features: TaskFeatures) -> tuple[Tensor, ...]:
        """Returns the task's features, followed by the coarser maps of its pyramid, fine to coarse.

        Raises:
            ConfigError: There is no such task.
        """
        if self.task not in features.features:
            tasks = ', '.join(features.features)
            raise ConfigError(f'SelectTask("{self.task}"): there is no such task; use one of {tasks}')
        return (features.features[self.task], *features.pyramids.get(self.task, ())[1:])
