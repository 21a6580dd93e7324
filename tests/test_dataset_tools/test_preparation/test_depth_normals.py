from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mtcp_mm.dataset_tools.preparation.depth_normals import normals_from_depth
from mtcp_mm.structures import NYU_CAMERA

REAL = Path(__file__).parents[4] / 'shared/nyud/exact'
SIZE = (40, 48)
CAMERA = NYU_CAMERA.cropped(230, 300)


def plane_depth(normal: np.ndarray, distance: float, camera=CAMERA, size=SIZE) -> np.ndarray:
    """Depth of the plane n . P = -distance, in the camera's axes (x right, y up, z back): ray by ray, float64."""
    rows, columns = np.mgrid[: size[0], : size[1]].astype(float)
    rays = np.stack([(columns - camera.cx) / camera.fx, -(rows - camera.cy) / camera.fy, -np.ones(size)], -1)
    return -distance / (rays @ normal)


def degrees(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos(np.clip((first * second).sum(-1), -1, 1)))


@settings(max_examples=20, deadline=None)
@given(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9), st.floats(0.5, 5))
def test_the_normal_of_a_plane_is_exact(x, y, distance):
    normal = np.array([x, y, 1]) / np.linalg.norm([x, y, 1])
    depth = plane_depth(normal, distance)
    normals = normals_from_depth(depth.astype(np.float32), CAMERA)
    assert normals.dtype == np.float32 and normals.shape == (*SIZE, 3)
    assert degrees(normals.astype(float), normal).max() < 0.5
    np.testing.assert_allclose(np.linalg.norm(normals, axis=-1), 1, atol=1e-5)


def test_a_plane_does_not_reach_over_an_edge():
    """A wall before another one, both slanted: normals beside the step are those of each."""
    left, right = (np.array([s, 0.1, 1]) / np.linalg.norm([s, 0.1, 1]) for s in (0.4, -0.4))
    depth = plane_depth(left, 1.5)
    depth[:, 24:] = plane_depth(right, 3)[:, 24:]
    normals = normals_from_depth(depth, CAMERA)
    assert degrees(normals[:, :24], left).max() < 0.5
    assert degrees(normals[:, 24:], right).max() < 0.5


def test_holes_are_void_and_change_nothing_around():
    depth = plane_depth(np.array([0, 0.6, 0.8]), 2)
    depth[10:14, 20:30] = [[0], [np.nan], [np.inf], [-1]]
    normals = normals_from_depth(depth, CAMERA)
    hole = np.zeros(SIZE, bool)
    hole[10:14, 20:30] = True
    assert not normals[hole].any()
    assert degrees(normals[~hole], np.array([0, 0.6, 0.8])).max() < 0.5


def test_a_lone_pixel_has_no_plane():
    depth = np.zeros(SIZE)
    depth[5, 5], depth[20], depth[30:, :3] = 2, 2, 2
    assert not normals_from_depth(depth, CAMERA).any()


def test_the_camera_moves_with_the_crop():
    """Away from the border, whose windows are cut, a crop has the normals of the whole."""
    depth = 2 + np.random.default_rng(0).normal(0, 0.005, (120, 160))
    whole = normals_from_depth(depth, NYU_CAMERA)
    part = normals_from_depth(depth[30:100, 40:130], NYU_CAMERA.cropped(30, 40))
    np.testing.assert_allclose(part[10:-10, 10:-10], whole[40:90, 50:120], atol=1e-5)


@pytest.mark.skipif(not REAL.is_dir(), reason='no real frame in ../shared/nyud/exact')
def test_normals_of_a_real_frame_are_those_that_were_shipped():
    depth = np.array(Image.open(REAL / '433_depth_u16_per5000.png')) / 5000
    stored = np.array(Image.open(REAL / '433_normals.png')) * (2 / 255) - 1
    shipped = stored[..., [0, 2, 1]] * [1, 1, -1]  # the file has x right, y away from the viewer, z up
    length = np.linalg.norm(shipped, axis=-1)
    normals = normals_from_depth(depth, NYU_CAMERA)
    assert not normals[depth == 0].any()
    both = (length > 0.1) & normals.any(-1)
    assert both.mean() > 0.6
    angles = degrees(normals[both], shipped[both] / length[both][:, None])
    assert np.median(angles) < 3 and angles.mean() < 6
