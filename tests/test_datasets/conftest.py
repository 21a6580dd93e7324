from pathlib import Path

import numpy as np
import pytest
from PIL import Image

TASKS = [
    dict(type='ClassMap', name='semseg', field='sem_seg', classes='nyud40', label_offset=1),
    dict(type='DepthMap', name='depth', field='depth_map'),
    dict(type='SurfaceNormals', name='normals'),
]


@pytest.fixture
def tasks() -> list[dict]:
    return [dict(task) for task in TASKS]


@pytest.fixture
def nyud(tmp_path: Path) -> Path:
    """A data set of three images of 12x16 in NYUD's layout; the third is the validation split."""
    rng = np.random.default_rng(0)
    root = tmp_path / 'nyud'
    for folder in ('images', 'segmentation', 'depth', 'normals', 'gt_sets'):
        (root / folder).mkdir(parents=True)
    for name in ('0001', '0002', '0003'):
        Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).save(root / f'images/{name}.jpg')
        Image.fromarray(rng.integers(0, 41, (12, 16), np.uint8)).save(root / f'segmentation/{name}.png')
        Image.fromarray(rng.integers(0, 256, (12, 16, 3), np.uint8)).save(root / f'normals/{name}.png')
        np.save(root / f'depth/{name}.npy', rng.uniform(1, 9, (12, 16)).astype(np.float32))
    (root / 'gt_sets/train.txt').write_text('0001\n0002\n')
    (root / 'gt_sets/val.txt').write_text('0003\n')
    return root


@pytest.fixture
def ramp(tasks: list[dict]) -> dict:
    """A sample of 40x60 whose image and depth encode the position of each pixel. Its normals are random.

    Blue and depth's whole number are the column; green is the row, as is depth's fraction in hundredths.
    """
    rows, columns = np.mgrid[:40, :60]
    normals = np.random.default_rng(1).normal(size=(40, 60, 3)).astype(np.float32)
    return dict(
        img=np.stack([columns, rows, 0 * rows], -1).astype(np.uint8),
        img_path='ramp.png', img_shape=(40, 60), ori_shape=(40, 60), tasks=tasks,
        gt_sem_seg=(columns % 40).astype(np.int16),
        gt_depth_map=(columns + 1 + rows / 100).astype(np.float32),
        gt_normals=normals / np.linalg.norm(normals, axis=-1, keepdims=True),
    )  # fmt: skip
