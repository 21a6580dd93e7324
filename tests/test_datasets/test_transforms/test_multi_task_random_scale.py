import numpy as np
import pytest

from mtcp_mm.datasets.transforms import MultiTaskRandomScale


@pytest.mark.parametrize(('factor', 'size'), [(0.6, (24, 36)), (2.0, (80, 120)), (1.37, (55, 82))])
def test_image_and_maps_scale_together_and_depth_is_divided(ramp, factor, size):
    before = dict(ramp)
    ramp['img'] = ramp['img'].astype(np.float32)
    after = MultiTaskRandomScale(scales=(factor, factor))(ramp)
    assert after['img_shape'] == after['pad_shape'] == after['img'].shape[:2] == after['gt_sem_seg'].shape == size
    where = after['gt_depth_map'] * np.float32(factor)  # the column and row that the ramp wrote down
    columns = (np.floor(where + 1e-4) - 1).astype(int)
    rows = np.rint((where - columns - 1) * 100).astype(int)
    np.testing.assert_array_equal(after['gt_normals'], before['gt_normals'][rows, columns])
    np.testing.assert_array_equal(after['gt_sem_seg'], before['gt_sem_seg'][rows, columns])
    for shown, written in ((after['img'][..., 0], columns), (after['img'][..., 1], rows)):
        assert np.abs(shown - written).max() < 0.5 + 1e-3  # bilinear against nearest
        assert (shown - written).mean() == pytest.approx(0, abs=0.06)  # ties go one way


def test_factor_one_changes_nothing(ramp):
    before = dict(ramp)
    after = MultiTaskRandomScale(scales=(1, 1))(ramp)
    for key in ('img', 'gt_sem_seg', 'gt_depth_map', 'gt_normals'):
        np.testing.assert_array_equal(after[key], before[key])


def test_void_stays_void(ramp):
    void = np.arange(40) % 3 == 0
    for key, value in (('gt_sem_seg', 255), ('gt_depth_map', 0), ('gt_normals', 0)):
        ramp[key][void] = value
    after = MultiTaskRandomScale(scales=(2, 2))(ramp)
    np.testing.assert_array_equal((after['gt_sem_seg'] == 255).all(1), void.repeat(2))
    np.testing.assert_array_equal((after['gt_depth_map'] == 0).all(1), void.repeat(2))
    np.testing.assert_array_equal((after['gt_normals'] == 0).all((1, 2)), void.repeat(2))


def test_factors_fill_the_range_evenly():
    np.random.seed(0)
    scale = MultiTaskRandomScale()
    heights = [scale(dict(img=np.zeros((100, 4, 3), np.uint8)))['img_shape'][0] for _ in range(400)]
    counts, _ = np.histogram(heights, bins=3, range=(50, 200))
    assert min(heights) >= 50 and max(heights) <= 200
    assert counts == pytest.approx([133] * 3, abs=40)


def test_factor_zero_is_refused():
    with pytest.raises(ValueError, match='above 0'):
        MultiTaskRandomScale(scales=(0, 2))
