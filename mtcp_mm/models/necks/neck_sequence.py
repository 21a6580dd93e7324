from collections.abc import Sequence

from mmengine.model import Sequential
from mmseg.registry import MODELS

from mtcp_mm.models.builder import with_tasks


@MODELS.register_module()
class NeckSequence(Sequential):
    """Applies several necks in order.

    Args:
        necks: Their configs, in order.
        tasks: The task list, passed to the necks that take one.
        init_cfg: Config of the initialization.
    """

    def __init__(self, necks: Sequence[dict], tasks: Sequence[dict], init_cfg: dict | list | None = None) -> None:
        super().__init__(*(MODELS.build(with_tasks(neck, tasks)) for neck in necks), init_cfg=init_cfg)
