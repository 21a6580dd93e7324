from pathlib import Path

import numpy as np
import torch.nn.functional as F
from mmseg.registry import TASK_UTILS
from torch import Tensor

from mtcp_mm.utils import ConfigError

from .base import Task
from .drawing import Drawing
from .errors import DataError
from .reading import check_shape


@TASK_UTILS.register_module()
class SurfaceNormals(Task):
    """Unit surface normals in the camera frame of the data set: x points right, y and z as in the files.

    8-bit files store v with n = 2 v / 255 - 1. Vectors shorter than 0.1 or longer than 1.7 are void: neither
    (127, 127, 127), the 8-bit zero vector, nor black and white are directions.

    Floating-point files store n itself, of any length.

    Args:
        name: See :class:`Task`.
        y_up: Whether y points up in the files, as in NYUD, where floors have y > 0. It matters only for
            rotations. (Those in ASTMT and Multi-Task-Learning-PyTorch are correct if y points down.)
        **kwargs: See :class:`Task`.

    Raises:
        ConfigError: ``y_up`` is neither True nor False.
    """

    void = 0.0
    target_channels = 3
    unit_vectors = True
    default_loss = dict(type='NormalsL1Loss')
    default_metrics = (dict(type='AngularErrors'),)
    shortest_8bit, longest_8bit, shortest_float = 0.1, 1.7, 1e-6

    def __init__(self, name: str, y_up: bool = True, **kwargs) -> None:
        super().__init__(name, **kwargs)
        if not isinstance(y_up, bool):
            raise ConfigError(f'y_up of task "{name}" is {y_up!r}; True or False is expected')
        self.y_up = y_up

    @property
    def channels(self) -> int:
        return 3

    def decode(self, values: np.ndarray, path: str | Path) -> np.ndarray:
        """Decodes normals into float32 unit vectors (H, W, 3), zero where void.

        Raises:
            DataError: The array is not (H, W, 3), is neither 8-bit nor float, or holds colours as floats.
        """
        check_shape(path, values, 3)
        longest = np.inf
        if values.dtype == np.uint8:
            vectors, shortest, longest = _from_colors(values, 255), self.shortest_8bit, self.longest_8bit
        elif values.dtype.kind == 'f':
            self._refuse_colors(values, path)
            vectors, shortest = values.astype(np.float32), self.shortest_float  # a copy, which is normalised below
        else:
            raise DataError(f'{path}: normals of type {values.dtype}; save them in 8 bits or as floats')
        length = np.sqrt(np.einsum('hwc,hwc->hw', vectors, vectors))
        # A vector with a non-finite component is void.
        valid = (length >= shortest) & (length <= longest) & np.isfinite(length)
        length[~valid] = 1
        vectors /= length[..., None]
        vectors[~valid] = self.void
        return vectors

    def describe_encoding(self, dtype: np.dtype) -> str:
        return 'n = 2 v / 255 - 1' if dtype == np.uint8 else 'n = v'

    def _refuse_colors(self, values: np.ndarray, path: str | Path) -> None:
        """Raises a DataError for floats from 0 to 1 (or 255, 65535) that are unit vectors only if decoded as colours.

        Pixels that are void under both readings are ignored.
        """
        if (values < 0).any():  # true for most files, and a fast test
            return
        step = 1 + min(values.shape[:2]) // 128
        sample = values[::step, ::step]
        known = sample[np.isfinite(sample).all(-1) & (sample != 0).any(-1)].astype(np.float32)
        if not known.size:
            return
        for full in (1, 255, 65535):
            decoded = _from_colors(known, full)
            length = np.linalg.norm(decoded, axis=-1)
            direction = (length >= self.shortest_8bit) & (length <= self.longest_8bit)
            if known.max() <= full and _unit_share(decoded[direction]) > 0.5 > _unit_share(known[direction]):
                raise DataError(
                    f'{path}: floating-point normals from {known.min():g} to {known.max():g}, none negative, with '
                    f'length 1 only as n = 2 v / {full} - 1; save n itself, from -1 to 1, or v in 8 bits'
                )

    def flip(self, target: np.ndarray) -> np.ndarray:
        """Flips horizontally, and negates x."""
        flipped = super().flip(target)
        flipped[..., 0] *= -1
        return flipped

    def rotate(self, target: np.ndarray, degrees: float) -> np.ndarray:
        """Rotates x and y about the optical axis, like the image."""
        angle = np.deg2rad(degrees if self.y_up else -degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
        return target @ turn.T.astype(target.dtype)

    def valid(self, target: Tensor) -> Tensor:
        return (target != 0).any(-3, keepdim=True)

    def activate(self, logits: Tensor) -> Tensor:
        """Normalises each vector to unit length."""
        return F.normalize(logits, dim=-3)

    def unflip(self, logits: Tensor) -> Tensor:
        """Flips horizontally, and negates x."""
        return super().unflip(logits) * logits.new_tensor([-1, 1, 1])[:, None, None]

    def baseline_statistics(self, target: Tensor) -> Tensor:
        """Returns the sum of the normals: float64 (3,). Void ones are zero."""
        return target.double().sum((-2, -1))

    def baseline_prediction(self, total: Tensor) -> Tensor:
        """Returns the direction of the mean normal."""
        return F.normalize(total, dim=0).float()

    def draw(self, values: np.ndarray) -> Drawing:
        """Draws (x, y, z) in [-1, 1] as RGB. The legend lists the axis directions."""
        axes = np.repeat(np.eye(3, dtype=values.dtype), 2, axis=0)
        axes[1::2] *= -1
        colors = _to_rgb(axes).tolist()
        names = (f'{sign}{axis}' for axis in 'xyz' for sign in '+−')
        entries = tuple((name, tuple(color)) for name, color in zip(names, colors, strict=True))
        return Drawing(_to_rgb(values.transpose(1, 2, 0)), entries)


def _from_colors(colors: np.ndarray, full: float) -> np.ndarray:
    """Maps colours (..., 3) from 0 to ``full`` to float32 vectors in [-1, 1]."""
    vectors = colors.astype(np.float32)
    vectors *= np.float32(2 / full)
    vectors -= 1
    return vectors


def _unit_share(vectors: np.ndarray) -> float:
    """Returns the share of vectors (N, 3) whose length is within 0.1 of 1; 0 without any."""
    return (abs(np.linalg.norm(vectors, axis=-1) - 1) < 0.1).mean().item() if len(vectors) else 0.0


def _to_rgb(vectors: np.ndarray) -> np.ndarray:
    """Maps vectors (..., 3) from [-1, 1] to 8-bit colours, the zero vector (void) to black."""
    valid = (vectors != 0).any(-1, keepdims=True)
    return np.where(valid, (np.clip(vectors, -1, 1) + 1) * 127.5, 0).astype(np.uint8)
