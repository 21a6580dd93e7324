"""Depth maps as point clouds, in the camera's coordinates: x to the right, y down, z forward, in metres."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mtcp_mm.structures import NYU_CAMERA, NYU_SIZE, Camera
from mtcp_mm.tasks import Task
from mtcp_mm.utils import UserError, atomic_write

IMAGE = 'image'
"""Name of the colours of the image itself."""
VERTEX = np.dtype([*((axis, '<f4') for axis in 'xyz'), *((color, 'u1') for color in ('red', 'green', 'blue'))])
PROPERTIES = {'<f4': 'float', '|u1': 'uchar'}


@dataclass(frozen=True)
class CloudStyle:
    """Settings of point clouds.

    Args:
        color: ``'image'``, or the task whose colours the points get.
        camera: The camera of the images. By default that of NYUD, scaled to the image.
    """

    color: str = IMAGE
    camera: Camera | None = None


def find_depth(tasks: Mapping[str, Task]) -> Task:
    """Returns the first task whose maps are depth in metres.

    Raises:
        UserError: No task has such maps.
    """
    for task in tasks.values():
        if task.metric_depth:
            return task
    raise UserError(f'a point cloud needs depth in metres, which none of the tasks {", ".join(tasks)} gives')


def check_cloud(cloud: CloudStyle, tasks: Mapping[str, Task]) -> None:
    """Checks that the tasks allow point clouds of this style.

    Raises:
        UserError: No task gives depth, or no task has the name that colours the points.
    """
    find_depth(tasks)
    if cloud.color not in (IMAGE, *tasks):
        raise UserError(f'points cannot be coloured by "{cloud.color}"; use {IMAGE} or one of {", ".join(tasks)}')


def make_point_cloud(
    image: np.ndarray, maps: Mapping[str, np.ndarray], tasks: Mapping[str, Task], cloud: CloudStyle
) -> tuple[np.ndarray, np.ndarray]:
    """Makes a point for each pixel whose depth is valid.

    Args:
        image: RGB (H, W, 3), uint8.
        maps: Map of each task at the image's size.
        tasks: The tasks by name.
        cloud: The style.

    Returns:
        Points (N, 3), float32, in metres in the camera's coordinates, and their RGB colours (N, 3), uint8.

    Raises:
        UserError: See :func:`check_cloud`.
    """
    check_cloud(cloud, tasks)
    depth = find_depth(tasks)
    valid = depth.valid(torch.from_numpy(maps[depth.name])[None])[0].numpy()
    colors = image
    if cloud.color != IMAGE:
        task = tasks[cloud.color]
        colors = task.draw(task.to_tensor(maps[task.name]).numpy()).image
    points = to_points(maps[depth.name], cloud.camera or NYU_CAMERA.resized(NYU_SIZE, image.shape[:2]))
    return points[valid], colors[valid]


def to_points(depth: np.ndarray, camera: Camera) -> np.ndarray:
    """Converts depth (H, W) along the optical axis to the points (H, W, 3), float32, that the pixels show."""
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
