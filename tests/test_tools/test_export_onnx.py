import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.apis import MultiTaskInferencer
from tools import export_onnx

DOCUMENT = Path(__file__).parents[2] / 'docs' / 'export.md'
TASKS = [
    dict(type='ClassMap', name='semseg', field='sem_seg', classes=('dark', 'bright')),
    dict(type='DepthMap', name='depth', field='depth_map', mean=2.5),
    dict(type='BinaryMap', name='edge', field='edge_map'),
]


@pytest.fixture
def arguments(save_network):
    """Arguments for a plain network."""
    config, checkpoint = save_network(TASKS)
    return ['network.onnx', '--config', config, '--checkpoint', checkpoint]


def require_onnx() -> None:
    for name in ('onnx', 'onnxscript', 'onnxruntime'):
        pytest.importorskip(name)


def test_writes_a_file_that_agrees_and_is_used_as_documented(arguments, capsys):
    require_onnx()
    assert export_onnx.main([*arguments, '--runs', '2']) == 0
    printed = capsys.readouterr().out
    found = dict(re.findall(r'^(\w+): largest difference (\S+)$', printed, re.MULTILINE))
    assert list(found) == ['semseg', 'depth', 'edge'] and all(float(value) <= 1e-3 for value in found.values())
    assert re.search(r'one image of 48x64, threads: \d+, median of 2: PyTorch [\d.]+ ms, onnxruntime', printed)
    assert sorted(path.name for path in Path().iterdir()) == ['config.py', 'net.pth', 'network.onnx']

    image = np.random.default_rng(0).integers(256, size=(48, 64, 3), dtype=np.uint8)
    Image.fromarray(image).save('room.png')
    (code,) = re.findall(r'^```python\n(.*?)^```$', DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    names = {}
    exec(code.replace("'IMAGE'", "'room.png'"), names)
    assert [task['name'] for task in names['tasks']] == ['semseg', 'depth', 'edge']
    assert json.dumps(names['tasks'][0]['classes']) == '["dark", "bright"]'
    expected = MultiTaskInferencer('config.py', 'net.pth', 'cpu')(image)[0]
    for name in ('depth', 'edge'):
        np.testing.assert_allclose(names['maps'][name][0, 0], expected[name], atol=1e-3)
    assert (names['maps']['semseg'][0, 0] == expected['semseg']).mean() > 0.99

    found = MultiTaskInferencer(checkpoint='network.onnx')(image)[0]  # in place of both files
    for name in ('depth', 'edge'):
        np.testing.assert_allclose(found[name], expected[name], atol=1e-3)
    assert (found['semseg'] == expected['semseg']).mean() > 0.99


@pytest.fixture
def seen(monkeypatch):
    """Stands for what takes time, and records how it was called."""
    calls = []
    monkeypatch.setattr(export_onnx, 'require_packages', lambda *args: None)
    monkeypatch.setattr(export_onnx, 'export_onnx', lambda *args: calls.append(args) or b'content')
    monkeypatch.setattr(export_onnx, 'quantize', lambda content, images, _: calls.append(list(images)) or b'quantized')
    monkeypatch.setattr(export_onnx, 'open_engine', lambda *args: calls.append(args))
    monkeypatch.setattr(export_onnx, 'largest_differences', lambda *args: dict(depth=5e-4))
    monkeypatch.setattr(export_onnx, 'mean_differences', lambda *args: dict(depth=0.03))
    return calls


def test_writes_nothing_if_predictions_differ(arguments, seen, monkeypatch, capsys):
    found = dict(semseg=0.0, depth=2e-3, edge=float('nan'))
    monkeypatch.setattr(export_onnx, 'largest_differences', lambda *args: found)
    assert export_onnx.main([*arguments, '--engine', 'openvino']) == 1
    assert 'openvino and PyTorch differ by more than 0.001 in depth, edge' in capsys.readouterr().err
    assert not Path('network.onnx').exists()


def test_takes_a_size_and_an_engine(arguments, seen):
    options = ['--shape', '32', '40', '--opset', '18', '--engine', 'openvino', '--runs', '0']
    assert export_onnx.main([*arguments, *options]) == 0
    assert seen[0][2:] == ((32, 40), 18)
    assert seen[1] == (b'content', ['semseg', 'depth', 'edge'], 'openvino')
    assert Path('network.onnx').read_bytes() == b'content'


def test_quantizes_with_the_images_of_a_folder(arguments, seen, capsys):
    Path('images').mkdir()
    Image.new('RGB', (100, 80), (255, 0, 0)).save('images/red.png')
    assert export_onnx.main([*arguments, '--int8', '--calibration', 'images', '--runs', '0']) == 0
    ((image,),) = seen[1:2]
    assert image.shape == (1, 3, 48, 64) and image[0].mean((1, 2)).tolist() == [255, 0, 0]
    assert seen[2][0] == b'quantized' and Path('network.onnx').read_bytes() == b'quantized'
    assert 'depth: mean difference 3.0e-02' in capsys.readouterr().out


def test_a_quantized_network_that_gives_no_numbers_is_not_written(arguments, seen, monkeypatch, capsys):
    Path('images').mkdir()
    Image.new('RGB', (100, 80)).save('images/black.png')
    monkeypatch.setattr(export_onnx, 'mean_differences', lambda *args: dict(depth=float('nan')))
    assert export_onnx.main([*arguments, '--int8', '--calibration', 'images']) == 1
    assert 'depth is not a number in 8 bits, so nothing was written' in capsys.readouterr().err
    assert not Path('network.onnx').exists()


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ([], 'no training set; choose images with --calibration'),
        (['--calibration', 'nowhere'], 'nowhere: no such file or folder'),
        (['--calibration', 'videos'], 'videos: no image'),
    ],
)
def test_missing_images_are_named_before_the_export(arguments, seen, capsys, options, message):
    Path('videos').mkdir()
    Path('videos/a.mp4').touch()
    assert export_onnx.main([*arguments, '--int8', *options]) == 1
    assert message in capsys.readouterr().err and not seen


def test_calibration_is_for_quantization(arguments, capsys):
    with pytest.raises(SystemExit):
        export_onnx.main([*arguments, '--calibration', 'images'])
    assert 'add --int8' in capsys.readouterr().err


def test_a_damaged_checkpoint_is_named(arguments, monkeypatch, capsys):
    monkeypatch.setattr(export_onnx, 'require_packages', lambda *args: None)
    Path('net.pth').write_bytes(b'damaged')
    assert export_onnx.main(arguments) == 1
    assert 'net.pth' in capsys.readouterr().err
