import importlib.util
import runpy
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.apis import MultiTaskInferencer
from mtcp_mm.engine.checkpoint import CheckpointError
from mtcp_mm.structures import Camera
from mtcp_mm.tasks import build_tasks
from mtcp_mm.utils import VideoWriter

TOOL = Path(__file__).parents[2] / 'tools' / 'infer.py'
TASKS = build_tasks([dict(type='DepthMap', name='depth'), dict(type='SurfaceNormals', name='normals')])


class FakeInferencer(MultiTaskInferencer):
    tasks = TASKS
    batches = []

    def __init__(self, config, checkpoint, device=None, engine=None):
        self.batches.clear()

    def predict_batch(self, images):
        self.batches.append(len(images))
        return [
            {'depth': np.full(image.shape[:2], image.mean(), np.float32), 'normals': np.ones(image.shape, np.float32)}
            for image in images
        ]


@pytest.fixture
def infer(monkeypatch, tmp_path):
    spec = importlib.util.spec_from_file_location('infer', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, 'MultiTaskInferencer', FakeInferencer)
    for name in ('config.py', 'net.pth'):
        (tmp_path / name).touch()
    files = {'--config': 'config.py', '--checkpoint': 'net.pth', '--out-dir': 'out'}
    common = [part for option, name in files.items() for part in (option, str(tmp_path / name))]
    return lambda *args: module.main([*map(str, args), *common])


def save_image(path, value=100, size=(40, 30)):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.full((size[1], size[0], 3), value, np.uint8)).save(path)
    return path


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


def test_panel_and_arrays_of_each_image(infer, tmp_path):
    save_image(tmp_path / 'in' / 'a.png', 100)
    save_image(tmp_path / 'in' / 'a.JPG', 50)
    save_image(tmp_path / 'in' / 'a_2.png', 20)
    (tmp_path / 'in' / 'notes.txt').write_text('not an image')
    other = save_image(tmp_path / 'more' / 'a.png', 200, (50, 20))
    assert infer(tmp_path / 'in', other, other, '--save-maps') == 0
    assert listing(tmp_path / 'out') == ['a.png', 'a_2.png', 'a_3.png', 'a_4.png', 'maps']
    means = {}
    for name in ('a', 'a_2', 'a_3', 'a_4'):
        with np.load(tmp_path / 'out' / 'maps' / f'{name}.npz', allow_pickle=False) as maps:
            assert sorted(maps) == ['depth', 'normals'] and maps['normals'].shape[2] == 3
            means[name] = round(float(maps['depth'].mean()))
        with Image.open(tmp_path / 'out' / f'{name}.png') as panel:
            assert panel.width > 3 * 320
    assert means['a_2'] == 20 and sorted(means.values()) == [20, 50, 100, 200]


def test_a_bad_image_is_named_and_the_rest_is_done(infer, tmp_path, capsys):
    for name in ('a', 'c'):
        save_image(tmp_path / 'in' / f'{name}.png')
    (tmp_path / 'in' / 'b.png').write_bytes(b'no image')
    assert infer(tmp_path / 'in') == 1
    assert listing(tmp_path / 'out') == ['a.png', 'c.png']
    output = capsys.readouterr()
    assert '2 of 3 inputs (2 images)' in output.out and 'b.png: cannot be read' in output.err


@pytest.mark.parametrize(
    ('prepare', 'message'),
    [
        (lambda folder: folder.mkdir(), 'no image or video in this folder'),
        (lambda folder: None, 'no such file or folder'),
        (lambda folder: folder.write_text('text'), 'cannot be read as an image'),
    ],
)
def test_wrong_inputs_are_errors_without_traceback(infer, tmp_path, capsys, prepare, message):
    prepare(tmp_path / 'in')
    assert infer(tmp_path / 'in') == 1
    error = capsys.readouterr().err
    assert message in error and str(tmp_path / 'in') in error and 'Traceback' not in error


def test_never_overwrites_an_image(infer, tmp_path, capsys):
    image = save_image(tmp_path / 'out' / 'a.png')
    before = image.read_bytes()
    assert infer(tmp_path / 'out') == 1
    assert image.read_bytes() == before and 'choose another folder' in capsys.readouterr().err


@pytest.mark.parametrize(('name', 'message'), [('config.py', 'no config file'), ('net.pth', 'no checkpoint file')])
def test_missing_files_are_reported(infer, tmp_path, capsys, name, message):
    image = save_image(tmp_path / 'a.png')
    (tmp_path / name).unlink()
    assert infer(image) == 1
    assert message in capsys.readouterr().err


def test_a_checkpoint_of_another_network_is_reported(infer, tmp_path, monkeypatch, capsys):
    def refuse(self, config, checkpoint, device=None, engine=None):
        raise CheckpointError(f'{checkpoint} does not fit')

    monkeypatch.setattr(FakeInferencer, '__init__', refuse)
    assert infer(save_image(tmp_path / 'a.png')) == 1
    assert 'error: ' in (error := capsys.readouterr().err) and 'net.pth does not fit' in error


def test_arguments_are_required(infer, capsys):
    with pytest.raises(SystemExit):
        infer()
    assert 'INPUT' in capsys.readouterr().err


def test_a_truncated_video_is_predicted_up_to_its_end(infer, tmp_path, capsys):
    writer = VideoWriter(tmp_path / 'clip.mkv', 5, 32, 48)
    for frame in np.random.default_rng(0).integers(0, 256, (20, 32, 48, 3), np.uint8):
        writer.write(frame)
    writer.close()
    content = (tmp_path / 'clip.mkv').read_bytes()
    (tmp_path / 'clip.mkv').write_bytes(content[: len(content) // 2])
    assert infer(tmp_path / 'clip.mkv', save_image(tmp_path / 'z.png'), '--save-maps', '--batch-size', 4) == 1
    assert listing(tmp_path / 'out') == ['clip.mp4', 'maps', 'z.png']
    frames = len(listing(tmp_path / 'out' / 'maps' / 'clip'))
    assert 0 < frames < 20 and f'clip.mkv: only {frames} of 20 frames' in capsys.readouterr().err
    assert FakeInferencer.batches[0] == 4 and sum(FakeInferencer.batches) == frames + 1


def test_point_clouds(infer, tmp_path, capsys):
    image = save_image(tmp_path / 'a.png')
    assert infer(image, '--point-cloud', '--point-color', 'normals', '--intrinsics', '50,60,20,15') == 0
    assert listing(tmp_path / 'out') == ['a.ply', 'a.png']
    assert b'element vertex 1200\n' in (tmp_path / 'out' / 'a.ply').read_bytes()[:200]
    assert infer(image, '--point-cloud', '--point-color', 'red') == 1
    assert 'image or one of depth, normals' in capsys.readouterr().err


def test_intrinsics():
    module = runpy.run_path(str(TOOL))
    args = module['parse_args'](['a', '--point-cloud', '--intrinsics', '500,501.5,320,240'])
    assert args.intrinsics == Camera(500, 501.5, 320, 240)


@pytest.mark.parametrize('option', [('--intrinsics', '500,501.5,320,240'), ('--point-color', 'depth')])
def test_point_cloud_options_without_a_point_cloud(option, capsys):
    with pytest.raises(SystemExit):
        runpy.run_path(str(TOOL))['parse_args'](['a', *option])
    assert 'add --point-cloud' in capsys.readouterr().err


@pytest.mark.parametrize('text', ['1,2,3', '1,2,3,x', '0,1,2,3', '1,2,3,4,5'])
def test_wrong_intrinsics(text, capsys):
    with pytest.raises(SystemExit):
        runpy.run_path(str(TOOL))['parse_args'](['a', '--intrinsics', text])
    assert 'fx,fy,cx,cy in pixels' in capsys.readouterr().err


def test_an_unknown_network_is_reported_with_a_remedy(tmp_path, capsys):
    image = save_image(tmp_path / 'a.png')
    assert runpy.run_path(str(TOOL))['main']([str(image), '--config', 'no_such_network']) == 1
    assert 'model "no_such_network"' in capsys.readouterr().err


def test_a_full_disk_is_reported_with_other_errors(infer, tmp_path, full_disk, capsys):
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / 'a.png').write_bytes(b'no image')
    save_image(tmp_path / 'in' / 'b.png')
    with full_disk(100):
        assert infer(tmp_path / 'in') == 1
    errors = capsys.readouterr().err
    assert 'a.png: cannot be read' in errors and 'b.png cannot be written (File too large)' in errors
    assert 'Traceback' not in errors and listing(tmp_path / 'out') == []
