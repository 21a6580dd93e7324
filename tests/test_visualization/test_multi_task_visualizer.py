import numpy as np
import pytest
import torch
from mmseg.registry import VISUALIZERS
from PIL import Image

from mtcp_mm.structures import MultiTaskDataSample
from mtcp_mm.tasks import build_tasks
from mtcp_mm.visualization import MultiTaskVisualizer

TASKS = [
    dict(type='ClassMap', name='rooms', field='sem_seg', classes=('wall', 'floor', 'lamp')),
    dict(type='DepthMap', name='distance', field='depth_map'),
    dict(type='SurfaceNormals', name='normals'),
]


def make_maps(height=30, width=40):
    classes = np.zeros((height, width), np.int64)
    classes[height // 2 :] = 1
    depth = np.linspace(1, 3, height * width, dtype=np.float32).reshape(height, width)
    normals = np.zeros((height, width, 3), np.float32)
    normals[..., 2] = 1
    return {'rooms': classes, 'distance': depth, 'normals': normals}


def make_image(height=30, width=40):
    return np.full((height, width, 3), (90, 120, 30), np.uint8)


def has_color(drawn, color):
    return (drawn == np.array(color, np.uint8)).all(-1)


@pytest.fixture
def visualizer():
    return MultiTaskVisualizer()


def test_is_built_by_name_and_draws_each_color(visualizer):
    assert isinstance(VISUALIZERS.build(dict(type='MultiTaskVisualizer', name='panels')), MultiTaskVisualizer)
    panel = visualizer.panel(make_image(), make_maps(), TASKS)
    assert panel.dtype == np.uint8 and panel.shape[2] == 3
    palette = build_tasks(TASKS)['rooms'].palette
    tile = 320 * 240
    assert has_color(panel, (90, 120, 30)).sum() == tile  # the image, enlarged eight times
    for color in palette[:2]:
        assert tile / 2 < has_color(panel, color).sum() < tile / 2 + 400  # half a tile and a swatch
    assert not has_color(panel, palette[2]).any()  # no class that is not seen
    assert has_color(panel, (127, 127, 255)).sum() >= tile  # normals to the viewer
    assert panel.shape[1] >= 4 * 320


def test_targets_share_colors_and_scale(visualizer):
    maps = make_maps()
    targets = {**maps, 'distance': maps['distance'] + 2}
    alone = visualizer.panel(make_image(), maps, TASKS)
    both = visualizer.panel(make_image(), maps, TASKS, targets)
    assert both.shape[0] > 1.5 * alone.shape[0] and both.shape[1] == alone.shape[1]
    # 3 m is the far end of the prediction but the middle of the common scale, so near its darkest blue no more.
    darkest = build_tasks(TASKS)['distance'].draw(maps['distance'][None]).image[-1, -1]
    assert has_color(alone, darkest).any()
    same = visualizer.panel(make_image(), maps, TASKS, maps)
    rows = np.flatnonzero(has_color(same, darkest).sum(1) > 8)
    assert np.diff(rows).max() > 200  # in both rows of tiles


def test_void_is_black_and_its_share_is_shown(visualizer):
    targets = make_maps()
    targets['rooms'][:15, :20] = 255
    clean = visualizer.panel(make_image(), make_maps(), TASKS, make_maps())
    void = visualizer.panel(make_image(), make_maps(), TASKS, targets)
    quarter = 320 * 240 / 4
    assert not has_color(clean, (0, 0, 0)).any()
    assert quarter < has_color(void, (0, 0, 0)).sum() < quarter + 400  # and a swatch


def test_void_only_and_missing_targets(visualizer):
    nothing = {
        'rooms': np.full((30, 40), 255),
        'distance': np.zeros((30, 40), np.float32),
        'normals': np.zeros((30, 40, 3), np.float32),
    }
    void = visualizer.panel(make_image(), make_maps(), TASKS, nothing)
    lacking = visualizer.panel(make_image(), make_maps(), TASKS, {'distance': nothing['distance']})
    assert np.array_equal(void, lacking)
    assert visualizer.panel(make_image(), nothing, TASKS).shape[1] == void.shape[1]


@pytest.mark.parametrize(
    ('size', 'tile'),
    [((120, 160), (240, 320)), ((213, 280), (426, 560)), ((64, 48), (448, 336)), ((1, 1), (320, 320)),
     ((1500, 2000), (480, 640)), ((10, 900), (7, 640)), ((300, 20), (600, 40))],
)  # fmt: skip
def test_any_size_keeps_its_shape(visualizer, size, tile):
    image = make_image(*size)
    panel = visualizer.panel(image, {'distance': np.ones(size, np.float32)}, TASKS)
    shown = has_color(panel, (90, 120, 30))
    assert (shown.any(1).sum(), shown.any(0).sum()) == tile
    assert shown.sum() == tile[0] * tile[1]


def test_long_legend_is_cut(visualizer):
    tasks = [dict(type='ClassMap', name='many', classes=[f'a class with a long name {i}' for i in range(200)])]
    maps = {'many': np.arange(200).reshape(10, 20)}
    alone = visualizer.panel(make_image(10, 20), maps, tasks)
    assert alone.shape[0] < 400
    both = visualizer.panel(make_image(10, 20), maps, tasks, maps)
    assert both.shape[0] < 600


@pytest.mark.parametrize(
    ('image', 'maps', 'message'),
    [
        (np.zeros((30, 40), np.uint8), make_maps(), r'\(30, 40\)'),
        (np.zeros((30, 40, 3)), make_maps(), 'float64'),
        (make_image(), {'other': np.zeros((30, 40))}, 'no map to draw'),
    ],
)
def test_refuses_invalid_images_and_maps(visualizer, image, maps, message):
    with pytest.raises(ValueError, match=message):
        visualizer.panel(image, maps, TASKS)


def test_refuses_maps_of_two_sizes(visualizer):
    with pytest.raises(ValueError, match='"rooms" differ in size'):
        visualizer.panel(make_image(), make_maps(), TASKS, make_maps(15, 20))


def test_add_datasample_passes_the_panel_to_the_backends(tmp_path):
    backends = [dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')]
    visualizer = MultiTaskVisualizer(vis_backends=backends, save_dir=str(tmp_path))
    visualizer.dataset_meta = dict(tasks=TASKS)
    sample = MultiTaskDataSample()
    for name, task in build_tasks(TASKS).items():
        tensor = task.to_tensor(make_maps()[name])
        sample.set_prediction(task.field, tensor)
        sample.set_target(task.field, tensor)
    visualizer.add_datasample('val_a', make_image(), sample, step=3)
    assert (tmp_path / 'vis_data' / 'vis_image' / 'val_a_3.png').exists()
    assert list((tmp_path / 'vis_data').glob('events.out.tfevents*'))
    expected = visualizer.panel(make_image(), make_maps(), TASKS, make_maps(), title='val_a')
    out = tmp_path / 'panel.png'
    visualizer.add_datasample('val_a', make_image(), sample, out_file=str(out))
    assert np.array_equal(np.array(Image.open(out)), expected)
    visualizer.add_datasample('val_a', make_image(), sample, draw_pred=False, out_file=str(out))
    assert out.exists()
    visualizer.close()


def test_predictions_on_any_device_and_dtype_are_drawn(visualizer):
    sample = MultiTaskDataSample()
    sample.set_prediction('depth_map', torch.ones(1, 30, 40, dtype=torch.bfloat16, requires_grad=True))
    visualizer.dataset_meta = dict(tasks=TASKS)
    visualizer.add_datasample('x', make_image(), sample)


def test_large_maps_are_shrunk_before_they_are_drawn(visualizer, monkeypatch):
    drawn = []
    tasks = build_tasks(TASKS)
    for task in tasks.values():
        monkeypatch.setattr(task, 'draw', lambda values, draw=task.draw: drawn.append(values.shape[1:]) or draw(values))
    panel = visualizer.panel(make_image(1500, 2000), make_maps(1500, 2000), tasks)
    assert drawn == [(480, 640)] * 3
    assert has_color(panel, tasks['rooms'].palette[1]).sum() >= 640 * 240


def test_auxiliary_tasks_are_not_drawn(visualizer, tmp_path):
    tasks = [TASKS[0], dict(TASKS[1], auxiliary=True), TASKS[2]]
    panels = []
    for listed in (tasks, [TASKS[0], TASKS[2]]):
        visualizer.dataset_meta = dict(tasks=listed)
        sample = MultiTaskDataSample()
        sample.set_target('sem_seg', torch.from_numpy(make_maps()['rooms'])[None])
        sample.set_target('depth_map', torch.from_numpy(make_maps()['distance'])[None])
        visualizer.add_datasample('a', make_image(), sample, out_file=str(tmp_path / 'a.png'))
        with Image.open(tmp_path / 'a.png') as panel:
            panels.append(np.array(panel))
    assert np.array_equal(*panels)
