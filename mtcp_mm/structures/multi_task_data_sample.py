from mmengine.structures import PixelData
from mmseg.structures import SegDataSample
from torch import Tensor


class MultiTaskDataSample(SegDataSample):
    """A :class:`mmseg.structures.SegDataSample` with one target and one prediction for each task.

    A task with the field ``depth_map`` has its maps in ``gt_depth_map`` and ``pred_depth_map``, each a
    :class:`PixelData` whose ``data`` is (channels, H, W).
    """

    def target(self, field: str) -> Tensor | None:
        """Returns a task's target (target_channels, H, W), or None if the sample has none."""
        return self._map(f'gt_{field}')

    def prediction(self, field: str) -> Tensor | None:
        """Returns a task's prediction (target_channels, H, W), or None if there is none."""
        return self._map(f'pred_{field}')

    def set_target(self, field: str, values: Tensor) -> None:
        """Sets a task's target (target_channels, H, W)."""
        setattr(self, f'gt_{field}', PixelData(data=values))

    def set_prediction(self, field: str, values: Tensor) -> None:
        """Sets a task's prediction (target_channels, H, W)."""
        setattr(self, f'pred_{field}', PixelData(data=values))

    def _map(self, name: str) -> Tensor | None:
        """Returns the data of an attribute, or None if there is none."""
        return self.get(name).data if name in self else None
