import numpy as np
import pytest

from mtcp_mm.datasets import MultiTaskRandomZoom


def test_factor_one_changes_nothing(ramp):
    before = dict(ramp)
    after = MultiTaskRandomZoom(factors=(1,))(ramp)
    assert all(after[key] is before[key] for key in before)


@pytest.mark.parametrize('factor', [1.2, 1.5, 2.0])
@pytest.mark.parametrize('seed', range(3))
def test_shows_a_window_with_depth_divided(ramp, factor, seed):
    np.random.seed(seed)
    before = dict(ramp)
    after = MultiTaskRandomZoom(factors=(factor,))(ramp)
    assert after['img'].shape == (40, 60, 3)
    where = after['gt_depth_map'] * np.float32(factor)  # the columns and rows that the ramp wrote down
    columns = (np.floor(where + 1e-4) - 1).astype(int)
    rows = np.rint((where - columns - 1) * 100).astype(int)
    assert (columns == columns[:1]).all() and (rows == rows[:, :1]).all()
    assert np.unique(columns).size == np.ptp(columns) + 1 == round(60 / factor)
    assert np.unique(rows).size == np.ptp(rows) + 1 == round(40 / factor)
    np.testing.assert_array_equal(after['gt_normals'], before['gt_normals'][rows, columns])
    np.testing.assert_array_equal(after['gt_sem_seg'], before['gt_sem_seg'][rows, columns])
    assert np.abs(after['img'][..., 0].astype(int) - columns).max() <= 1
    assert np.abs(after['img'][..., 1].astype(int) - rows).max() <= 1


def test_windows_reach_every_corner(ramp):
    np.random.seed(0)
    corners = set()
    for _ in range(200):
        image = MultiTaskRandomZoom(factors=(1.05,))(dict(ramp))['img']  # a window of 38x57
        corners.add((image[0, 0, 1], image[0, 0, 0]))
    assert corners == {(top, left) for top in range(3) for left in range(4)}


def test_void_depth_stays_void(ramp):
    ramp['gt_depth_map'] = np.zeros((40, 60), np.float32)
    assert not MultiTaskRandomZoom(factors=(1.5,))(ramp)['gt_depth_map'].any()


def test_same_seed_same_window(ramp):
    images = []
    for _ in range(2):
        np.random.seed(3)
        images.append(MultiTaskRandomZoom()(dict(ramp))['img'])
    np.testing.assert_array_equal(*images)


@pytest.mark.parametrize('factors', [(), (1, 0.75)])
def test_zooming_out_is_refused(factors):
    with pytest.raises(ValueError, match='zoom factors'):
        MultiTaskRandomZoom(factors=factors)
