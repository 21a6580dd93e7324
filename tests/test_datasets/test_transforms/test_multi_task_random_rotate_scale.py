import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtcp_mm.datasets import MultiTaskRandomFlip
from mtcp_mm.datasets.transforms import MultiTaskRandomRotateScale

TASKS = [
    dict(type='ClassMap', name='parts', classes=['a', 'b']),
    dict(type='DepthMap', name='depth'),
    dict(type='SurfaceNormals', name='normals'),
]
KEYS = ('gt_parts', 'gt_depth', 'gt_normals')


def fixed(angle: float, scale: float = 1.0, **kwargs) -> MultiTaskRandomRotateScale:
    return MultiTaskRandomRotateScale(angles=(angle, angle), scales=(scale, scale), **kwargs)


def random_sample(height: int, width: int, seed: int) -> dict:
    """A sample with void in every map."""
    rng = np.random.default_rng(seed)
    normals = rng.normal(size=(height, width, 3)).astype(np.float32)
    sample = dict(
        img=rng.integers(0, 256, (height, width, 3), np.uint8),
        tasks=TASKS,
        gt_parts=rng.integers(0, 2, (height, width)).astype(np.int16),
        gt_depth=rng.uniform(1, 9, (height, width)).astype(np.float32),
        gt_normals=normals / np.linalg.norm(normals, axis=-1, keepdims=True),
    )
    for key, void in zip(KEYS, (255, 0, 0), strict=True):
        sample[key][rng.random((height, width)) < 0.2] = void
    return sample


def sources(height: int, width: int, angle: float, scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Source row and column of each pixel, relative to the centre of the upper left pixel."""
    rows, columns = np.mgrid[:height, :width]
    right, up = columns - (width - 1) / 2, (height - 1) / 2 - rows
    there = (right + 1j * up) / (scale * np.exp(1j * np.deg2rad(angle)))  # where it was before the turn
    return (height - 1) / 2 - there.imag, there.real + (width - 1) / 2


@settings(max_examples=20, deadline=None)
@given(
    size=st.tuples(st.integers(2, 40), st.integers(2, 40)),
    angle=st.floats(-180, 180),
    scale=st.floats(0.4, 2.5),
    seed=st.integers(0, 99),
)
def test_each_pixel_is_the_nearest_of_the_formula_or_void(size, angle, scale, seed):
    before = random_sample(*size, seed)
    after = fixed(angle, scale)(dict(before))
    rows, columns = sources(*size, angle, scale)
    # half-way positions may round either way: OpenCV computes in steps of 1/1024
    clear = (np.abs(rows % 1 - 0.5) > 0.01) & (np.abs(columns % 1 - 0.5) > 0.01)
    rows, columns = np.rint(rows).astype(int), np.rint(columns).astype(int)
    inside = (rows >= 0) & (rows < size[0]) & (columns >= 0) & (columns < size[1])
    turn = np.exp(1j * np.deg2rad(angle))
    for key, void in zip(KEYS, (255, 0, 0), strict=True):
        expected = np.full_like(before[key], void)
        expected[inside] = before[key][rows[inside], columns[inside]]
        if key == 'gt_depth':
            expected = expected / scale
        if key == 'gt_normals':
            turned = (expected[..., 0] + 1j * expected[..., 1]) * turn
            expected = np.stack([turned.real, turned.imag, expected[..., 2]], -1)
            lengths = np.linalg.norm(after[key], axis=-1)
            np.testing.assert_allclose(lengths[lengths > 0], 1, rtol=1e-5)
        assert after[key].dtype == before[key].dtype and after[key].shape == before[key].shape
        np.testing.assert_allclose(after[key][clear], expected[clear], rtol=1e-5, atol=1e-6)
        assert (expected[clear & ~inside] == void).all()
    assert after['img'].shape == before['img'].shape


@pytest.mark.parametrize(('angle', 'scale'), [(20, 1), (-13, 1.25), (7, 0.75)])
def test_image_and_maps_stay_aligned(ramp, angle, scale):
    ramp['img'] = ramp['img'].astype(np.float32)
    after = fixed(angle, scale)(ramp)
    where = after['gt_depth_map'] * np.float32(scale)  # the column and row that the ramp wrote down
    rows, columns = sources(40, 60, angle, scale)
    inner = (rows > 1) & (rows < 38) & (columns > 1) & (columns < 58)
    assert inner.sum() > 800
    for shown, written, true in (
        (after['img'][..., 0], np.floor(where + 1e-4) - 1, columns),
        (after['img'][..., 1], np.rint(where % 1 * 100), rows),
    ):
        apart = (shown - written)[inner]
        assert np.abs(apart).max() < 0.5 + 1 / 16  # bilinear, in steps of 1/32 pixel, against nearest
        assert np.abs(apart.mean()) < 0.05
        np.testing.assert_allclose(shown[inner], true[inner], atol=1 / 16)


def plane(normal: np.ndarray, size: tuple[int, int], y_up: bool) -> tuple[np.ndarray, np.ndarray]:
    """Rays of a pinhole camera whose axis goes through the centre, and the depth along them of a tilted plane."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    down = rows - (size[0] - 1) / 2
    right = columns - (size[1] - 1) / 2
    rays = np.stack([right / 80, (-down if y_up else down) / 80, -np.ones(size)], -1)  # z to the viewer
    return rays, -2 / (rays @ normal)


def fitted_normal(points: np.ndarray) -> np.ndarray:
    """The unit normal, towards the viewer, of the plane through points (N, 3)."""
    normal = np.linalg.svd(points - points.mean(0), full_matrices=False)[2][2]
    return normal * np.sign(normal[2])


@pytest.mark.parametrize('y_up', [True, False])
@pytest.mark.parametrize('angle', [20.0, -11.0])
def test_rotated_normals_fit_the_rotated_depth(angle, y_up):
    """The plane is fitted to the points that the turned depth map shows: no formula of a turn is involved."""
    normal = np.array([0.5, -0.3, 0.8]) / np.linalg.norm([0.5, -0.3, 0.8])
    size = (61, 81)
    rays, depth = plane(normal, size, y_up)
    np.testing.assert_allclose(fitted_normal((rays * depth[..., None]).reshape(-1, 3)), normal, atol=1e-9)
    sample = dict(
        img=np.zeros((*size, 3), np.uint8),
        tasks=[TASKS[1], dict(TASKS[2], y_up=y_up)],
        gt_depth=depth.astype(np.float32),
        gt_normals=np.broadcast_to(normal, (*size, 3)).astype(np.float32),
    )
    after = fixed(angle)(sample)
    seen = after['gt_depth'] > 0
    expected = fitted_normal((rays * after['gt_depth'][..., None])[seen])
    assert np.linalg.norm(expected - normal) > np.deg2rad(5)  # far from where it was
    turned = after['gt_normals'][seen]
    np.testing.assert_allclose(turned, np.broadcast_to(turned[0], turned.shape), atol=1e-6)
    assert np.linalg.norm(expected - turned[0]) < np.deg2rad(0.1)


def test_no_rotation_and_no_scaling_change_nothing():
    before = random_sample(9, 14, 0)
    after = fixed(0)(dict(before))
    for key in ('img', *KEYS):
        np.testing.assert_array_equal(after[key], before[key])


@settings(max_examples=10, deadline=None)
@given(degrees=st.integers(-45, 45), percent=st.integers(70, 140), seed=st.integers(0, 9))
def test_flip_then_rotation_equals_opposite_rotation_then_flip(degrees, percent, seed):
    angle, scale = degrees + 0.123, percent / 100 + 0.00317  # even ones put many pixels half way between two: 0 and 0.8
    flip = MultiTaskRandomFlip(prob=1)
    first = fixed(angle, scale)(flip(random_sample(24, 33, seed)))
    last = flip(fixed(-angle, scale)(random_sample(24, 33, seed)))
    for key in KEYS:
        agree = np.isclose(first[key], last[key], atol=1e-5).reshape(24, 33, -1).all(-1)
        assert agree.mean() > 0.97  # the few that do may take either


def test_pixels_from_outside_have_the_given_colour(ramp):
    after = fixed(0, 0.5, pad_val=(10, 20, 30))(ramp)
    assert (after['img'][0] == [10, 20, 30]).all() and (after['gt_sem_seg'][0] == 255).all()
    assert after['img'][20, 30].tolist() != [10, 20, 30]


def test_samples_cover_the_ranges_and_depend_on_numpys_seed(ramp):
    transform = MultiTaskRandomRotateScale()
    np.random.seed(0)
    images = [transform(dict(ramp))['img'] for _ in range(3)]
    np.random.seed(0)
    angle, scale = np.random.uniform(-20, 20), np.random.uniform(0.75, 1.25)
    np.testing.assert_array_equal(fixed(angle, scale)(dict(ramp))['img'], images[0])
    assert not np.array_equal(images[1], images[2])


def test_scale_zero_is_refused():
    with pytest.raises(ValueError, match='above 0'):
        MultiTaskRandomRotateScale(scales=(0, 1))
