from pathlib import Path

import numpy as np
import torch.nn.functional as F
from mmseg.registry import TASK_UTILS
from torch import Tensor

from .base import Task
from .drawing import Drawing
from .errors import DataError
from .reading import check_shape


@TASK_UTILS.register_module()
class SurfaceNormals(Task):
    """Unit normals in the camera frame of the files: x right; y and z as the data set has them.

    8-bit files hold n = 2 v / 255 - 1. Their vectors shorter than 0.1 are void: (127, 127, 127), the 8-bit zero, is
    not a direction.

    Args:
        name: The task's name.
        y_up: Whether y points up in the files, so that floors have y > 0, as in NYUD; else it points down. It matters
            only where pictures are turned. (The rotation in ASTMT and Multi-Task-Learning-PyTorch is right where y
            points down.)
        **kwargs: See :class:`Task`.
    """

    void = 0.0
    target_channels = 3
    unit_vectors = True
    headline = 'mErr'
    greater_is_better = False
    default_loss = dict(type='NormalsL1Loss')
    default_metrics = (dict(type='AngularErrors'),)
    shortest_8bit, shortest_float = 0.1, 1e-6

    def __init__(self, name: str, y_up: bool = True, **kwargs) -> None:
        super().__init__(name, **kwargs)
        self.y_up = y_up

    @property
    def channels(self) -> int:
        return 3

    def decode(self, values: np.ndarray, path: str | Path) -> np.ndarray:
        """Reads normals as float32 unit vectors (H, W, 3), zero where void.

        Raises:
            DataError: The array is not (H, W, 3), 8-bit or float.
        """
        check_shape(path, values, 3)
        if values.dtype == np.uint8:
            vectors, shortest = values.astype(np.float32) * np.float32(2 / 255) - 1, self.shortest_8bit
        elif values.dtype.kind == 'f':
            vectors, shortest = values.astype(np.float32), self.shortest_float
        else:
            raise DataError(f'{path}: normals of type {values.dtype}; save them in 8 bits or as floats')
        length = np.sqrt(np.einsum('hwc,hwc->hw', vectors, vectors))[..., None]
        # NaN and infinity compare as not long enough, or not finite: the whole vector is void.
        void = ~((length >= shortest) & np.isfinite(length))
        return np.where(void, np.float32(self.void), vectors / np.where(void, 1, length))

    def flip(self, target: np.ndarray) -> np.ndarray:
        """Mirrors left to right: x changes its sign."""
        return super().flip(target) * np.array([-1, 1, 1], target.dtype)

    def rotate(self, target: np.ndarray, degrees: float) -> np.ndarray:
        """Turns x and y with the picture, about the viewing axis."""
        angle = np.deg2rad(degrees if self.y_up else -degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        return target @ turn.T.astype(target.dtype)

    def valid(self, target: Tensor) -> Tensor:
        return (target != 0).any(-3, keepdim=True)

    def activate(self, raw: Tensor) -> Tensor:
        """Scales each vector to unit length."""
        return F.normalize(raw, dim=-3)

    def unflip(self, raw: Tensor) -> Tensor:
        """Mirrors a raw map left to right: x changes its sign."""
        return super().unflip(raw) * raw.new_tensor([-1, 1, 1])[:, None, None]

    def statistics(self, target: Tensor) -> Tensor:
        """Sums the normals: float64 (3,); void is zero."""
        return target.double().sum((-2, -1))

    def constant(self, total: Tensor) -> Tensor:
        """Takes the direction of the mean normal."""
        return F.normalize(total, dim=0).float()

    def draw(self, values: np.ndarray) -> Drawing:
        """Draws (x, y, z) in [-1, 1] as RGB; the entries are the directions of the axes."""
        axes = np.repeat(np.eye(3, dtype=values.dtype), 2, axis=0)
        axes[1::2] *= -1
        colors = _to_rgb(axes).tolist()
        names = (f'{sign}{axis}' for axis in 'xyz' for sign in '+−')
        entries = tuple((name, tuple(color)) for name, color in zip(names, colors, strict=True))
        return Drawing(_to_rgb(values.transpose(1, 2, 0)), entries)


def _to_rgb(vectors: np.ndarray) -> np.ndarray:
    """Maps vectors (..., 3) from [-1, 1] to 8-bit colours, the zero vector (void) to black."""
    valid = (vectors != 0).any(-1, keepdims=True)
    return np.where(valid, (np.clip(vectors, -1, 1) + 1) * 127.5, 0).astype(np.uint8)
