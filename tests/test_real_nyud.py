"""The reader on real NYU Depth V2 frames, which lie beside the project and may not be passed on with it."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from mmengine.registry import init_default_scope
from PIL import Image

from mtcp_mm.datasets import NYUDMultiTask

PACK = Path(__file__).parents[2] / 'shared/nyud'
TASKS = [
    dict(type='ClassMap', name='semseg', field='sem_seg', classes='nyud40', label_offset=1),
    dict(type='DepthMap', name='depth', field='depth_map'),
    dict(type='SurfaceNormals', name='normals'),
]
PIPELINE = [dict(type='LoadImage'), dict(type='LoadTaskMaps'), dict(type='PackMultiTaskInputs')]
FRAMES = 3
WALL, FLOOR = 0, 1

pytestmark = pytest.mark.skipif(not PACK.is_dir(), reason='no real NYU Depth V2 frames in ../shared/nyud')


@pytest.fixture(scope='module')
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first frames of each split in NYUD's layout, made by the pack's own script."""
    init_default_scope('mmseg')
    spec = importlib.util.spec_from_file_location('expand', PACK / 'expand.py')
    pack = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pack)
    root = tmp_path_factory.mktemp('nyud')
    for folder in ('images', 'segmentation', 'depth', 'normals', 'gt_sets'):
        (root / folder).mkdir()
    for split in ('train', 'val'):
        names = (PACK / f'half/gt_sets/{split}.txt').read_text().split()[:FRAMES]
        (root / f'gt_sets/{split}.txt').write_text('\n'.join(names))
        for name in names:
            pack.expand((name, PACK / 'half', root, 2))
    return root


@pytest.mark.parametrize('split', ['train', 'val'])
def test_targets_are_those_of_the_pack(root, split):
    dataset = NYUDMultiTask(root, split, TASKS, pipeline=PIPELINE)
    assert len(dataset) == FRAMES
    for packed in dataset:
        sample = packed['data_samples']
        assert packed['inputs'].shape == (3, 213, 280)
        with Image.open(PACK / f'half/segmentation/{sample.sample_id}.png') as file:
            labels = np.asarray(file).astype(int)
        np.testing.assert_array_equal(sample.target('sem_seg')[0], np.where(labels == 0, 255, labels - 1))
        with Image.open(PACK / f'half/depth_u8/{sample.sample_id}.png') as file:
            metres = (np.asarray(file) + 0.5) / 25.5
        np.testing.assert_allclose(sample.target('depth_map')[0], metres, atol=0.5 / 25.5 + 1e-5)


def test_normals_agree_with_the_classes(root):
    """Floors face up (y), walls do not: so the channels' order, their scale and the classes are right."""
    up = {FLOOR: [], WALL: []}
    for split in ('train', 'val'):
        for packed in NYUDMultiTask(root, split, TASKS, pipeline=PIPELINE):
            sample = packed['data_samples']
            normals, labels = sample.target('normals').numpy(), sample.target('sem_seg')[0].numpy()
            length = np.linalg.norm(normals, axis=0)
            assert np.all((np.abs(length - 1) < 1e-5) | (length == 0)) and np.mean(length > 0) > 0.9
            for label, values in up.items():
                values.extend(normals[1][labels == label])
    assert np.median(up[FLOOR]) > 0.85
    assert np.median(np.abs(up[WALL])) < 0.3
