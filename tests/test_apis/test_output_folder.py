import numpy as np
import pytest
from PIL import Image

from mtcp_mm.apis.inputs import Picture
from mtcp_mm.apis.output_folder import CloudStyle, OutputFolder, make_point_cloud
from mtcp_mm.structures import Camera
from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils import VideoFile

CLASSES = dict(type='ClassMap', name='kinds', classes=('a', 'b'), palette=((255, 0, 0), (0, 0, 255)))
TASKS = build_tasks([CLASSES, dict(type='DepthMap', name='distance')])
CAMERA = Camera(2, 2, 0, 0)


def picture(name='a', frame=None, value=60):
    return Picture(name, name, np.full((20, 30, 3), value, np.uint8), frame, None if frame is None else 8.0)


def maps():
    depth = np.full((20, 30), 4, np.float32)
    depth[0] = 0, *[np.nan] * 28, 3
    return dict(kinds=np.indices((20, 30))[1] % 2, distance=depth)


def listing(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file())


def test_a_panel_only(tmp_path):
    with OutputFolder(tmp_path / 'x' / 'out', TASKS, {}) as folder:
        assert folder.add(picture(), wanted := maps()) is wanted
    assert listing(tmp_path / 'x' / 'out') == ['a.png']
    with Image.open(tmp_path / 'x' / 'out' / 'a.png') as panel:
        assert panel.width > 3 * 320


def test_films_arrays_and_clouds(tmp_path):
    with OutputFolder(tmp_path, TASKS, {}, raw=True, cloud=CloudStyle()) as folder:
        for one in (picture('v', 0), picture('v', 1), picture('p'), picture('w', 0)):
            folder.add(one, maps())
    names = ['p', 'v/000000', 'v/000001', 'w/000000']
    wanted = [f'{n}.ply' for n in names] + [f'raw/{n}.npz' for n in names] + ['p.png', 'v.mp4', 'w.mp4']
    assert listing(tmp_path) == sorted(wanted)
    for name, count in (('v', 2), ('w', 1)):
        with VideoFile(tmp_path / f'{name}.mp4') as video:
            assert (video.fps, len(list(video))) == (8, count)
    with np.load(tmp_path / 'raw' / 'v' / '000001.npz', allow_pickle=False) as saved:
        assert np.array_equal(saved['kinds'], maps()['kinds'])


def test_points_of_valid_depth_in_the_colours_of_the_image():
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    points, colors = make_point_cloud(image, maps(), TASKS, CloudStyle(camera=CAMERA))
    assert len(points) == 20 * 30 - 29
    assert points[0].tolist() == [29 * 3 / 2, 0, 3] and colors[0].tolist() == image[0, 29].tolist()
    pixels = (points[:, :2] / points[:, 2:] * 2).round().astype(int)  # seen again by the same camera
    assert np.array_equal(image[pixels[:, 1], pixels[:, 0]], colors)


def test_points_in_the_colours_of_a_task():
    points, colors = make_point_cloud(picture().image, maps(), TASKS, CloudStyle('kinds', CAMERA))
    odd = (points[:, 0] / points[:, 2] * 2).round() % 2 == 1
    assert (colors[odd] == [0, 0, 255]).all() and (colors[~odd] == [255, 0, 0]).all()


def test_no_cloud_without_depth_or_with_an_unknown_colour(tmp_path):
    with pytest.raises(ValueError, match=r'needs depth in metres.*kinds'):
        OutputFolder(tmp_path / 'out', build_tasks([CLASSES]), {}, cloud=CloudStyle())
    with pytest.raises(ValueError, match=r'"grey"; use image or one of kinds, distance'):
        OutputFolder(tmp_path / 'out', TASKS, {}, cloud=CloudStyle('grey'))
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('name', ['a.png', 'a.mp4'])
def test_never_overwrites_an_input(tmp_path, name):
    with pytest.raises(ValueError, match=rf'overwrite .*{name}; choose another folder'):
        OutputFolder(tmp_path, TASKS, {'a': tmp_path / name})
    OutputFolder(tmp_path, TASKS, {'b': tmp_path / name})
