"""Depth maps as point clouds, in the camera's coordinates: x to the right, y down, z forward, in metres."""

from pathlib import Path

import numpy as np

from mtcp_mm.structures import Camera
from mtcp_mm.utils import atomic_write

VERTEX = np.dtype([*((axis, '<f4') for axis in 'xyz'), *((color, 'u1') for color in ('red', 'green', 'blue'))])
PROPERTIES = {'<f4': 'float', '|u1': 'uchar'}


def to_points(depth: np.ndarray, camera: Camera) -> np.ndarray:
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
