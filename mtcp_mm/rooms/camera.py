"""A pinhole camera in a room."""

from dataclasses import dataclass

import numpy as np

from mtcp_mm.structures import Camera

_NEAR = 0.05  # metres; bodies that reach nearer are not culled


@dataclass(frozen=True)
class PlacedCamera:
    """A camera with a pose.

    Args:
        position: Camera centre in world coordinates, metres, ``(3,)``.
        axes: Camera axes in world coordinates as columns ``(3, 3)``: right, up and back (towards the viewer).
        intrinsics: Focal lengths and principal point.
        height: Height of the image, pixels.
        width: Width of the image, pixels.
    """

    position: np.ndarray
    axes: np.ndarray
    intrinsics: Camera
    height: int
    width: int

    @classmethod
    def looking_at(
        cls, position: np.ndarray, target: np.ndarray, roll: float, field: float, size: tuple[int, int]
    ) -> 'PlacedCamera':
        """Returns a camera aimed at a point, with square pixels and a centred principal point.

        Args:
            position: Camera centre, metres, ``(3,)``.
            target: Point in the middle of the image, metres, ``(3,)``; not straight above or below the camera.
            roll: Rotation about the optical axis, radians.
            field: Horizontal field of view, radians.
            size: Height and width of the image, pixels.
        """
        back = np.asarray(position, np.float64) - target
        back /= np.linalg.norm(back)
        right = np.cross([0, 0, 1], back)
        right /= np.linalg.norm(right)
        up = np.cross(back, right)
        right, up = (np.cos(roll) * right + np.sin(roll) * up, np.cos(roll) * up - np.sin(roll) * right)
        height, width = size
        focal = float(width / 2 / np.tan(field / 2))
        axes = np.float32(np.stack([right, up, back], axis=1))
        return cls(np.float32(position), axes, Camera(focal, focal, width / 2 - 0.5, height / 2 - 0.5), height, width)

    def supersampled(self, factor: int) -> 'PlacedCamera':
        """Returns the same view with ``factor`` times as many pixels in each direction."""
        height, width = self.height * factor, self.width * factor
        intrinsics = self.intrinsics.resized((self.height, self.width), (height, width))
        return PlacedCamera(self.position, self.axes, intrinsics, height, width)

    def rays(self) -> np.ndarray:
        """Returns world directions ``(3, H, W)`` through the pixel centres.

        They have length 1 along the optical axis, so ray parameters are depths.
        """
        across = (np.arange(self.width) - self.intrinsics.cx) / self.intrinsics.fx
        down = (np.arange(self.height) - self.intrinsics.cy) / self.intrinsics.fy
        local = np.stack(np.broadcast_arrays(across[None, :], -down[:, None], -1.0))
        return (self.axes @ np.float32(local).reshape(3, -1)).reshape(local.shape)

    def window(self, corners: np.ndarray) -> tuple[slice, slice]:
        """Returns the rows and columns that a convex body with corners ``(3, K)`` can cover."""
        local = self.axes.T @ (corners - self.position[:, None])
        depth = -local[2]
        if depth.max() < _NEAR:
            return slice(0, 0), slice(0, 0)
        if depth.min() < _NEAR:
            return slice(0, self.height), slice(0, self.width)
        column = self.intrinsics.cx + self.intrinsics.fx * local[0] / depth
        row = self.intrinsics.cy - self.intrinsics.fy * local[1] / depth
        return _pixel_range(row, self.height), _pixel_range(column, self.width)


def _pixel_range(position: np.ndarray, size: int) -> slice:
    """Returns the pixels between the smallest and the largest position, with a margin of one."""
    start = min(max(int(np.floor(position.min())), 0), size)
    stop = min(max(int(np.ceil(position.max() + 1)), start), size)
    return slice(start, stop)
