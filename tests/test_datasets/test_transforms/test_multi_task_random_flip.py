import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtcp_mm.datasets import MultiTaskRandomFlip

TASKS = [
    dict(type='ClassMap', name='parts', classes=['a', 'b']),
    dict(type='DepthMap', name='depth'),
    dict(type='SurfaceNormals', name='normals'),
]


def test_flip_follows_the_formula(ramp):
    before = {key: np.copy(value) for key, value in ramp.items() if isinstance(value, np.ndarray)}
    after = MultiTaskRandomFlip(prob=1)(ramp)
    for key in ('img', 'gt_sem_seg', 'gt_depth_map'):
        np.testing.assert_array_equal(after[key], before[key][:, ::-1])
    normals = before['gt_normals'][:, ::-1].copy()
    normals[..., 0] = -normals[..., 0]
    np.testing.assert_array_equal(after['gt_normals'], normals)
    assert after['flip'] and after['flip_direction'] == 'horizontal'


def test_never_with_probability_zero(ramp):
    image = ramp['img']
    after = MultiTaskRandomFlip(prob=0)(ramp)
    assert after['img'] is image and not after['flip'] and after['flip_direction'] is None


def test_flips_half_of_the_time(tasks):
    np.random.seed(0)
    flips = [MultiTaskRandomFlip()(dict(img=np.zeros((1, 1, 3), np.uint8)))['flip'] for _ in range(400)]
    assert sum(flips) == pytest.approx(200, abs=50)


def normals_of(depth: np.ndarray) -> np.ndarray:
    """Normals (x right, y down, z to the viewer) of a depth map under an orthographic camera."""
    down, right = np.gradient(depth)
    vectors = np.stack([right, down, -np.ones_like(depth)], -1)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def test_flipped_normals_fit_the_flipped_depth(tasks):
    depth = np.random.default_rng(0).uniform(1, 3, (8, 9))
    sample = dict(img=np.zeros((8, 9, 3), np.uint8), tasks=tasks, gt_depth_map=depth, gt_normals=normals_of(depth))
    after = MultiTaskRandomFlip(prob=1)(sample)
    np.testing.assert_allclose(after['gt_normals'], normals_of(after['gt_depth_map']), atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(height=st.integers(1, 6), width=st.integers(1, 6), seed=st.integers(0, 99))
def test_twice_is_identity(height, width, seed):
    rng = np.random.default_rng(seed)
    before = dict(
        img=rng.integers(0, 256, (height, width, 3), np.uint8),
        gt_parts=rng.integers(0, 2, (height, width)).astype(np.int16),
        gt_depth=rng.random((height, width), np.float32),
        gt_normals=rng.normal(size=(height, width, 3)).astype(np.float32),
    )
    flip = MultiTaskRandomFlip(prob=1)
    after = flip(flip({**before, 'tasks': TASKS}))
    for key, value in before.items():
        np.testing.assert_array_equal(after[key], value)
