"""The networks that come with the package, and what their metafiles say about them."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from mtcp_mm.apis import MultiTaskInferencer
from mtcp_mm.apis.model_zoo import ZOO, find_model, read_zoo
from mtcp_mm.engine.checkpoint import load_checkpoint_file

ROOT = Path(__file__).parents[1]
FRAMES = ROOT.parent / 'shared' / 'nyud' / 'full'
NAMES = list(read_zoo())


@pytest.fixture(scope='module')
def inferencer():
    return MultiTaskInferencer(device='cpu')


@pytest.mark.parametrize('name', NAMES)
def test_checkpoints_are_small_whole_and_told_about(name):
    model = find_model(name)
    assert model.config.is_file()
    assert model.checkpoint.stat().st_size <= 14_000_000
    content = load_checkpoint_file(model.checkpoint)
    assert set(content) == {'meta', 'state_dict'}
    metafile = yaml.safe_load((ZOO / f'{name}.yml').read_text())
    assert {'Name', 'Config', 'Weights', 'SHA256', 'Metadata', 'Results', 'Limits'} <= set(metafile)
    assert metafile['Name'] == name
    size = sum(parameter.numel() for parameter in MultiTaskInferencer(name, device='cpu').model.parameters())
    assert round(size / 1e6, 2) == metafile['Metadata']['Params (M)']


@pytest.mark.parametrize('name', NAMES)
def test_figures_are_those_of_its_config(name):
    results = {float(number) for number in re.findall(r'\d+\.\d+', (ROOT / 'docs/results.md').read_text())}
    metafile = yaml.safe_load((ZOO / f'{name}.yml').read_text())
    assert set(metafile['Results']['Metrics'].values()) <= results
    config = ROOT / metafile['Config']
    entries = yaml.safe_load((config.parent / 'metafile.yml').read_text())['Models']
    (entry,) = (entry for entry in entries if entry['Config'] == metafile['Config'])
    assert [result['Metrics'] for result in entry['Results']] == [metafile['Results']['Metrics']]
    keys = ('Params (M)', 'GFLOP', 'Epochs', 'Input')
    assert all(entry['Metadata'][key] == metafile['Metadata'][key] for key in keys)


def test_any_image(inferencer):
    rng = np.random.default_rng(0)
    maps = inferencer(rng.integers(256, size=(45, 80, 3), dtype=np.uint8))[0]
    assert {name: value.shape for name, value in maps.items()} == {
        'semseg': (45, 80), 'depth': (45, 80), 'normals': (45, 80, 3),
    }  # fmt: skip
    assert 0 <= maps['semseg'].min() and maps['semseg'].max() < 40
    assert maps['depth'].min() > 0
    np.testing.assert_allclose(np.linalg.norm(maps['normals'], axis=-1), 1, atol=1e-3)


@pytest.mark.skipif(not FRAMES.is_dir(), reason=f'real frames are needed, and there is no {FRAMES}')
def test_real_frames(inferencer):
    """On frames it has not seen, it beats the constants that suit these frames best."""
    ids = (FRAMES / 'gt_sets/val.txt').read_text().split()[::5]
    maps = inferencer([FRAMES / f'images/{id_}.jpg' for id_ in ids], batch_size=4)
    depth = np.stack([np.asarray(Image.open(FRAMES / f'depth_u8/{id_}.png')) for id_ in ids]) / 25.5
    labels = np.stack([np.asarray(Image.open(FRAMES / f'segmentation/{id_}.png')) for id_ in ids]).astype(int) - 1
    labelled = labels >= 0
    predicted = np.stack([one['semseg'] for one in maps])
    accuracy = np.mean(predicted[labelled] == labels[labelled])
    most_frequent = np.bincount(labels[labelled]).max() / labelled.sum()
    assert accuracy > 2 * most_frequent
    rmse = np.sqrt(np.mean((np.stack([one['depth'] for one in maps]) - depth) ** 2))
    assert rmse < 0.75 * depth.std()


def test_the_network_is_deterministic_and_of_single_precision(inferencer):
    image = np.full((48, 64, 3), 90, np.uint8)
    first, second = (inferencer.predict(image)['depth'] for _ in range(2))
    assert np.array_equal(first, second)
    assert {parameter.dtype for parameter in inferencer.model.parameters()} == {torch.float32}
