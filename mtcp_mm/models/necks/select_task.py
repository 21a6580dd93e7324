from mmengine.model import BaseModule
from mmseg.registry import MODELS
from torch import Tensor

from mtcp_mm.structures import TaskFeatures


@MODELS.register_module()
class SelectTask(BaseModule):
    """Hands one task's maps to a stock head.

    Args:
        task: Name of the task.
        init_cfg: Initialization; there is nothing to initialize.
    """

    def __init__(self, task: str, init_cfg: dict | list | None = None) -> None:
        super().__init__(init_cfg)
        self.task = task

    def forward(self, features: TaskFeatures) -> tuple[Tensor, ...]:
        """Returns the task's fused map, and its pyramid's coarser maps, fine to coarse.

        Raises:
            KeyError: There is no such task.
        """
        if self.task not in features.features:
            raise KeyError(f'SelectTask("{self.task}"): there is no such task; the tasks are {list(features.features)}')
        return (features.features[self.task], *features.pyramids.get(self.task, ())[1:])
