"""A small world to score: three tasks, and samples of them with void pixels."""

import numpy as np
import pytest
import torch

from mtcp_mm.structures import MultiTaskDataSample
from mtcp_mm.tasks import build_tasks

CONFIGS = [
    dict(type='ClassMap', name='semseg', field='sem_seg', classes=list('abcde')),
    dict(type='DepthMap', name='depth', field='depth_map'),
    dict(type='SurfaceNormals', name='normals'),
]


@pytest.fixture
def configs():
    """The tasks as a config has them."""
    return [dict(config) for config in CONFIGS]


@pytest.fixture
def tasks():
    """The same tasks, built, by name."""
    return build_tasks(CONFIGS)


@pytest.fixture
def make_sample():
    """Makes the sample of a seed, as the model returns it: predictions beside targets, a third of them void."""

    def make(seed, height=6, width=8):
        rng = np.random.default_rng(seed)
        maps = {
            'sem_seg': [rng.integers(0, 5, (1, height, width)) for _ in range(2)],
            'depth_map': [rng.uniform(0.5, 12, (1, height, width)) for _ in range(2)],
            'normals': [rng.normal(size=(3, height, width)) for _ in range(2)],
        }
        sample = MultiTaskDataSample(metainfo=dict(img_path=f'{seed}.jpg'))
        for field, (prediction, target) in maps.items():
            if field == 'normals':
                prediction, target = (n / np.linalg.norm(n, axis=0) for n in (prediction, target))
            target[:, rng.random((height, width)) < 1 / 3] = 255 if field == 'sem_seg' else 0
            dtype = torch.int64 if field == 'sem_seg' else torch.float32
            sample.set_prediction(field, torch.from_numpy(prediction).to(dtype))
            sample.set_target(field, torch.from_numpy(target).to(dtype))
        return sample

    return make
