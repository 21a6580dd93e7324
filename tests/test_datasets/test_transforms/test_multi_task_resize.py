import cv2
import numpy as np
import pytest

from mtcp_mm.datasets import MultiTaskResize


@pytest.mark.parametrize('size', [(80, 100), (20, 30), (33, 47), (40, 60)])
def test_resizing_agrees_with_opencv(ramp, size):
    before = dict(ramp)
    after = MultiTaskResize(scale=size[::-1])(ramp)
    np.testing.assert_array_equal(after['img'], cv2.resize(before['img'], size[::-1], interpolation=cv2.INTER_LINEAR))
    for key in ('gt_sem_seg', 'gt_depth_map', 'gt_normals'):
        nearest = cv2.resize(before[key], size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)
        np.testing.assert_array_equal(after[key], nearest)


@pytest.mark.parametrize('size', [(80, 120), (27, 41)])
def test_image_and_maps_stay_aligned(ramp, size):
    ramp['img'] = ramp['img'].astype(np.float32)  # OpenCV rounds bytes down a little
    after = MultiTaskResize(scale=size[::-1])(ramp)
    apart = after['img'][..., 0] - (np.floor(after['gt_depth_map']) - 1)
    assert np.abs(apart).max() < 0.5 + 1e-3  # bilinear against nearest
    assert apart.mean() == pytest.approx(0, abs=0.03)


def test_metainfo_of_the_new_size_is_set(ramp):
    after = MultiTaskResize(scale=(30, 80))(ramp)
    assert after['img_shape'] == after['pad_shape'] == (80, 30)
    assert after['ori_shape'] == (40, 60)
    assert after['scale_factor'] == (0.5, 2.0)


@pytest.mark.parametrize(('scale', 'size'), [((120, 120), (80, 120)), ((30, 400), (30, 45))])
def test_keep_ratio_fits_long_and_short_edges(ramp, scale, size):
    after = MultiTaskResize(scale=scale, keep_ratio=True)(ramp)
    assert after['img'].shape[:2] == after['gt_sem_seg'].shape == after['img_shape'] == size


def test_works_before_the_maps_and_without_tasks():
    after = MultiTaskResize(scale=(6, 4))(dict(img=np.zeros((9, 9, 3), np.uint8)))
    assert after['img'].shape == (4, 6, 3)
