import numpy as np
import pytest

from mtcp_mm.structures import Camera
from mtcp_mm.visualization import to_points, write_point_cloud


def test_points_project_back_onto_their_pixels():
    depth = np.random.default_rng(0).uniform(0.5, 9, (5, 7)).astype(np.float32)
    camera = Camera(4.5, 5.5, 3.25, 1.75)
    points = to_points(depth, camera).reshape(-1, 3).astype(np.float64)
    matrix = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]])
    pixels = points @ matrix.T
    pixels = pixels[:, :2] / pixels[:, 2:]
    expected = [(column, row) for row in range(5) for column in range(7)]
    np.testing.assert_allclose(pixels, expected, atol=1e-5)
    np.testing.assert_array_equal(points[:, 2], depth.ravel())


def test_a_wall_in_front_is_flat_and_as_wide_as_it_is_seen():
    points = to_points(np.full((3, 5), 2.0), Camera(10, 20, 2, 1))
    assert points[1, 2].tolist() == [0, 0, 2]
    assert points[0, 0] == pytest.approx([-0.4, -0.1, 2])  # left and up: x to the right, y down


def test_file(tmp_path):
    points = np.array([[1, 2, 3], [-4, 0.5, 6]], np.float32)
    colors = np.array([[255, 0, 7], [1, 2, 3]], np.uint8)
    write_point_cloud(tmp_path / 'a.ply', points, colors)
    header, body = (tmp_path / 'a.ply').read_bytes().split(b'end_header\n', 1)
    lines = header.decode().splitlines()
    assert lines[:3] == ['ply', 'format binary_little_endian 1.0', 'element vertex 2']
    axes, channels = ([f'property {kind} {name}' for name in names] for kind, names in (
        ('float', 'xyz'), ('uchar', ('red', 'green', 'blue')),
    ))  # fmt: skip
    assert lines[3:] == axes + channels
    assert len(body) == 2 * 15
    for i in range(2):
        vertex = body[15 * i : 15 * i + 15]
        assert np.frombuffer(vertex[:12], '<f4').tolist() == points[i].tolist()
        assert list(vertex[12:]) == colors[i].tolist()
