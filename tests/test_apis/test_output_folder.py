import numpy as np
import pytest
from PIL import Image

from mtcp_mm.apis.inputs import InputImage
from mtcp_mm.apis.output_folder import OutputFolder
from mtcp_mm.structures import Camera
from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils import UnwritableError, UserError, VideoFile
from mtcp_mm.visualization.point_cloud import CloudStyle, make_point_cloud

CLASSES = dict(type='ClassMap', name='kinds', classes=('a', 'b'), palette=((255, 0, 0), (0, 0, 255)))
TASKS = build_tasks([CLASSES, dict(type='DepthMap', name='distance')])
CAMERA = Camera(2, 2, 0, 0)


def input_image(name='a', frame=None, value=60):
    return InputImage(
        name,
        name,
        np.full((20, 30, 3), value, np.uint8),
        frame,
        None if frame is None else 8.0,
        None if frame is None else frame / 8,
    )


def maps():
    depth = np.full((20, 30), 4, np.float32)
    depth[0] = 0, *[np.nan] * 28, 3
    return dict(kinds=np.indices((20, 30))[1] % 2, distance=depth)


def listing(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob('*') if path.is_file())


def test_a_panel_only(tmp_path):
    with OutputFolder(tmp_path / 'x' / 'out', TASKS, {}) as folder:
        assert folder.add(input_image(), values := maps()) is values
    assert listing(tmp_path / 'x' / 'out') == ['a.png']
    with Image.open(tmp_path / 'x' / 'out' / 'a.png') as panel:
        assert panel.width > 3 * 320


def test_videos_arrays_and_clouds(tmp_path):
    with OutputFolder(tmp_path, TASKS, {}, arrays=True, cloud=CloudStyle()) as folder:
        for one in (input_image('v', 0), input_image('v', 1), input_image('p'), input_image('w', 0)):
            folder.add(one, maps())
    names = ['p', 'v/000000', 'v/000001', 'w/000000']
    expected = [f'{n}.ply' for n in names] + [f'maps/{n}.npz' for n in names] + ['p.png', 'v.mp4', 'w.mp4']
    assert listing(tmp_path) == sorted(expected)
    for name, count in (('v', 2), ('w', 1)):
        with VideoFile(tmp_path / f'{name}.mp4') as video:
            assert (video.fps, len(list(video))) == (8, count)
    with np.load(tmp_path / 'maps' / 'v' / '000001.npz', allow_pickle=False) as saved:
        assert np.array_equal(saved['kinds'], maps()['kinds'])


def test_points_of_valid_depth_in_the_colours_of_the_image():
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    points, colors = make_point_cloud(image, maps(), TASKS, CloudStyle(camera=CAMERA))
    assert len(points) == 20 * 30 - 29
    assert points[0].tolist() == [29 * 3 / 2, 0, 3] and colors[0].tolist() == image[0, 29].tolist()
    pixels = (points[:, :2] / points[:, 2:] * 2).round().astype(int)  # seen again by the same camera
    assert np.array_equal(image[pixels[:, 1], pixels[:, 0]], colors)


def test_points_in_the_colours_of_a_task():
    points, colors = make_point_cloud(input_image().image, maps(), TASKS, CloudStyle('kinds', CAMERA))
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


@pytest.mark.parametrize(
    ('size', 'options', 'name'),
    [(100, {}, 'a.png'), (4_000_000, dict(arrays=True), 'maps/a.npz'), (4_000_000, dict(cloud=CloudStyle()), 'a.ply')],
)
def test_on_a_full_disk_no_part_of_a_file_is_left(tmp_path, full_disk, size, options, name):
    noise = np.random.default_rng(0).uniform(1, 2, (1000, 1400)).astype(np.float32)  # too large but for the panel
    large = InputImage('a', 'a', np.zeros((1000, 1400, 3), np.uint8))
    with pytest.raises(UnwritableError, match=rf'/{name} cannot be written \(File too large\)'):
        with OutputFolder(tmp_path, TASKS, {}, **options) as folder, full_disk(size):
            folder.add(large, dict(kinds=np.zeros((1000, 1400), np.int64), distance=noise))
    assert listing(tmp_path) == ([] if name == 'a.png' else ['a.png'])


def test_on_a_full_disk_an_earlier_video_stays(tmp_path, full_disk):
    with pytest.raises(UnwritableError, match=r'/w\.mp4 cannot be written'):
        with OutputFolder(tmp_path, TASKS, {}) as folder:
            folder.add(input_image('v', 0), maps())
            folder.add(input_image('p'), maps())
            with full_disk(100):
                folder.add(input_image('w', 0), maps())
                folder.add(input_image('q'), maps())
    assert listing(tmp_path) == ['p.png', 'v.mp4']


@pytest.mark.parametrize(
    ('error', 'kept'), [(KeyboardInterrupt(), []), (ValueError('a bug'), []), (UserError('cut off'), ['v.mp4'])]
)
def test_a_video_is_dropped_after_an_error_and_kept_if_its_input_is_cut_off(tmp_path, error, kept):
    with pytest.raises(type(error)), OutputFolder(tmp_path, TASKS, {}) as folder:
        folder.add(input_image('v', 0), maps())
        raise error
    assert listing(tmp_path) == kept


def test_a_video_is_done_when_another_input_comes(tmp_path):
    with pytest.raises(KeyboardInterrupt), OutputFolder(tmp_path, TASKS, {}) as folder:
        folder.add(input_image('v', 0), maps())
        folder.add(input_image('p'), maps())
        raise KeyboardInterrupt
    with VideoFile(tmp_path / 'v.mp4') as video:
        assert len(list(video)) == 1


def test_a_folder_that_cannot_be_created(tmp_path):
    (tmp_path / 'out').touch()
    with pytest.raises(UnwritableError, match=r'/out cannot be written'):
        OutputFolder(tmp_path / 'out', TASKS, {})
