import numpy as np
import pytest

from mtcp_mm.tasks import build_tasks
from mtcp_mm.visualization.point_cloud import CloudStyle, make_point_cloud

pytest.importorskip('plotly')

from mtcp_mm.visualization.cloud_figure import POINTS, RETREAT, draw_cloud  # noqa: E402


def points_of(figure):
    (trace,) = figure.data
    return np.stack([trace.x, trace.y, trace.z], axis=1), trace.marker.color


def test_the_points_are_those_of_the_file_turned_upright(inferencer):
    image = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    maps = inferencer.predict(image)
    points, colors = points_of(draw_cloud(image, maps, inferencer.tasks))
    expected, rgb = make_point_cloud(image, maps, inferencer.tasks, CloudStyle())
    assert len(points) == 29 * 40  # none of the void row
    assert np.array_equal(points[:, [0, 2]], expected[:, :2] * [1, -1]) and np.array_equal(points[:, 1], expected[:, 2])
    assert colors[7] == f'#{bytes(rgb[7]).hex()}'


def test_a_menu_colours_the_points_by_the_image_or_a_task(inferencer):
    image = np.zeros((30, 40, 3), np.uint8)
    figure = draw_cloud(image, inferencer.predict(image), inferencer.tasks)
    (menu,) = figure.layout.updatemenus
    assert [button.label for button in menu.buttons] == [f'colours: {name}' for name in ('image', *inferencer.tasks)]
    assert set(menu.buttons[1].args[0]['marker.color'][0]) == {'#0a141e'}


def test_the_first_view_is_the_cameras_and_a_metre_is_one_everywhere(inferencer):
    image = np.zeros((60, 80, 3), np.uint8)
    figure = draw_cloud(image, inferencer.predict(image), inferencer.tasks)
    points, _ = points_of(figure)
    scene = figure.layout.scene
    spans = np.ptp(points, axis=0)
    ratio = np.array([scene.aspectratio[axis] for axis in 'xyz'])
    np.testing.assert_allclose(ratio / spans, (ratio / spans)[0], rtol=1e-4)
    eye, center = (np.array([view[axis] for axis in 'xyz']) for view in (scene.camera.eye, scene.camera.center))
    middle = (points.min(0) + points.max(0)) / 2
    np.testing.assert_allclose(middle + center / ratio * spans, [0, middle[1], 0], atol=1e-4)
    np.testing.assert_allclose(middle + eye / ratio * spans, [0, middle[1] * (1 - RETREAT), 0], atol=1e-4)


@pytest.mark.parametrize('size', [(480, 640), (60_000, 2)], ids=str)
def test_the_number_of_points_is_limited(inferencer, size):
    image = np.zeros((*size, 3), np.uint8)
    points, _ = points_of(draw_cloud(image, inferencer.predict(image), inferencer.tasks))
    assert 0.9 * POINTS < len(points) <= POINTS


def test_depth_that_is_void_everywhere(inferencer):
    tasks = build_tasks([dict(type='DepthMap', name='depth')])
    figure = draw_cloud(np.zeros((4, 5, 3), np.uint8), dict(depth=np.zeros((4, 5), np.float32)), tasks)
    assert len(points_of(figure)[0]) == 0


def test_without_depth_there_is_none():
    tasks = build_tasks([dict(type='SurfaceNormals', name='normals')])
    with pytest.raises(ValueError, match='needs depth in metres'):
        draw_cloud(np.zeros((4, 5, 3), np.uint8), dict(normals=np.ones((4, 5, 3), np.float32)), tasks)
