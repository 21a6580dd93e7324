"""Depth maps as point clouds, in the camera's coordinates: x to the right, y down, z forward, in metres."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mtcp_mm.utils import atomic_write

VERTEX = np.dtype([*((axis, '<f4') for axis in 'xyz'), *((color, 'u1') for color in ('red', 'green', 'blue'))])
PROPERTIES = {'<f4': 'float', '|u1': 'uchar'}


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole camera: focal lengths and principal point in pixels, the centre of the first pixel being (0, 0)."""

    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        if not (self.fx > 0 and self.fy > 0):
            raise ValueError(f'camera intrinsics {self}: focal lengths in pixels are positive')


NYU = Intrinsics(518.857901, 519.469611, 325.582449, 253.736166)
"""The colour camera of NYUD-v2 at 640x480 pixels, from its toolbox."""


def nyu_intrinsics(height: int, width: int) -> Intrinsics:
    """Returns what NYUD's camera would have if its picture were resized to ``height`` and ``width``."""
    x, y = width / 640, height / 480
    return Intrinsics(NYU.fx * x, NYU.fy * y, (NYU.cx + 0.5) * x - 0.5, (NYU.cy + 0.5) * y - 0.5)


def to_points(depth: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """Turns depth (H, W) along the optical axis into the points (H, W, 3), float32, that the pixels show."""
    rows, columns = np.indices(depth.shape, sparse=True)
    points = np.empty((*depth.shape, 3), np.float32)
    points[..., 0] = (columns - camera.cx) * depth / camera.fx
    points[..., 1] = (rows - camera.cy) * depth / camera.fy
    points[..., 2] = depth
    return points


def write_point_cloud(path: str | Path, points: np.ndarray, colors: np.ndarray) -> None:
    """Writes a PLY file, binary and little endian.

    Args:
        path: The file, written whole or not at all.
        points: Its vertices (N, 3).
        colors: Their RGB colours (N, 3), uint8.
    """
    vertices = np.empty(len(points), VERTEX)
    for i, axis in enumerate(VERTEX.names[:3]):
        vertices[axis] = points[:, i]
    for i, color in enumerate(VERTEX.names[3:]):
        vertices[color] = colors[:, i]
    properties = [f'property {PROPERTIES[VERTEX[name].str]} {name}' for name in VERTEX.names]
    header = ['ply', 'format binary_little_endian 1.0', f'element vertex {len(points)}', *properties, 'end_header', '']
    atomic_write(Path(path), '\n'.join(header).encode() + vertices.tobytes())
