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
    assert re.search(r'one image of 48x64, threads: \d+, median of 2: PyTorch [\d.]+ ms, ONNX Runtime', printed)
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


def test_writes_nothing_if_predictions_differ(arguments, monkeypatch, capsys):
    monkeypatch.setattr(export_onnx, 'require_packages', lambda *args: None)
    monkeypatch.setattr(export_onnx, 'export_onnx', lambda network, tasks, shape, opset: b'content')
    monkeypatch.setattr(export_onnx, 'open_onnx', lambda content, threads: None)
    found = dict(semseg=0.0, depth=2e-3, edge=float('nan'))
    monkeypatch.setattr(export_onnx, 'largest_differences', lambda network, run, shape: found)
    assert export_onnx.main(arguments) == 1
    assert 'differ by more than 0.001 in depth, edge' in capsys.readouterr().err
    assert not Path('network.onnx').exists()


def test_takes_a_size(arguments, monkeypatch):
    monkeypatch.setattr(export_onnx, 'require_packages', lambda *args: None)
    seen = []
    monkeypatch.setattr(export_onnx, 'export_onnx', lambda *args: seen.append(args) or b'content')
    monkeypatch.setattr(export_onnx, 'open_onnx', lambda content, threads: None)
    monkeypatch.setattr(export_onnx, 'largest_differences', lambda network, run, shape: {})
    assert export_onnx.main([*arguments, '--shape', '32', '40', '--opset', '18', '--runs', '0']) == 0
    assert seen[0][2:] == ((32, 40), 18)
    assert Path('network.onnx').read_bytes() == b'content'


def test_a_damaged_checkpoint_is_named(arguments, monkeypatch, capsys):
    monkeypatch.setattr(export_onnx, 'require_packages', lambda *args: None)
    Path('net.pth').write_bytes(b'damaged')
    assert export_onnx.main(arguments) == 1
    assert 'net.pth' in capsys.readouterr().err
