from mmengine.model import BaseModule
from mmseg.registry import MODELS

from mtcp_mm.models.layers import pick_map, resize_to
from mtcp_mm.structures import TaskFeatures


@MODELS.register_module()
class SharedMapResidual(BaseModule):
    """Adds the shared map, at its own size, to the features of each task.

    Args:
        in_index: Index of the shared map among the backbone's maps.
        init_cfg: Without effect, since there are no weights.
    """

    def __init__(self, in_index: int = 0, init_cfg: dict | list | None = None) -> None:
        super().__init__(init_cfg)
        self.in_index = in_index

    def forward(self, features: TaskFeatures) -> TaskFeatures:
        """Enlarges each task's features (B, C, h', w') to the shared map (B, C, h, w) and adds the two."""
        shared = pick_map(features.encoder, self.in_index, 'SharedMapResidual')
        return features.updated(
            features={name: shared + resize_to(x, shared.shape[-2:]) for name, x in features.features.items()}
        )
