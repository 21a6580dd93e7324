import importlib.util
import json
from pathlib import Path

import pytest
from PIL import Image

TOOL = Path(__file__).parents[2] / 'tools' / 'analysis_tools' / 'plot_curves.py'


@pytest.fixture
def plot_curves():
    spec = importlib.util.spec_from_file_location('plot_curves', TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda *args: module.main([str(arg) for arg in args])


def test_writes_the_image_to_the_given_path(plot_curves, tmp_path):
    log = tmp_path / 'run' / '20250101_000000' / 'vis_data' / 'scalars.json'
    log.parent.mkdir(parents=True)
    log.write_text(json.dumps({'loss_depth': 0.5, 'epoch': 1, 'iter': 10, 'step': 10}))
    elsewhere = tmp_path / 'elsewhere' / 'all.png'
    assert plot_curves(tmp_path / 'run') == plot_curves(tmp_path / 'run', '--out', elsewhere) == 0
    for path in (tmp_path / 'run' / 'curves.png', elsewhere):
        with Image.open(path) as image:
            assert image.width >= 800


def test_errors_without_traceback(plot_curves, tmp_path, capsys):
    assert plot_curves(tmp_path) == 1
    assert f'{tmp_path}: no training was logged' in capsys.readouterr().err


def test_on_a_full_disk_the_image_is_unchanged(plot_curves, tmp_path, full_disk, capsys):
    log = tmp_path / '20250101_000000' / 'vis_data' / 'scalars.json'
    log.parent.mkdir(parents=True)
    log.write_text(json.dumps({'loss_depth': 0.5, 'epoch': 1, 'iter': 10, 'step': 10}))
    (tmp_path / 'curves.png').write_bytes(b'before')
    with full_disk(1000):
        assert plot_curves(tmp_path) == 1
    assert f'{tmp_path}/curves.png cannot be written' in capsys.readouterr().err
    assert (tmp_path / 'curves.png').read_bytes() == b'before'
