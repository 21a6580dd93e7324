import numpy as np
import pytest

from mtcp_mm.dataset_tools.preparation.nyud_frames import CROP
from mtcp_mm.structures import NYU_CAMERA, NYU_SIZE, Camera
from mtcp_mm.visualization import to_points

TOOLBOX = dict(
    fx=5.1885790117450188e02, fy=5.1946961112127485e02, cx=3.2558244941119034e02, cy=2.5373616633400465e02
)  # fmt: skip
"""``fx_rgb`` and so on of camera_params.m."""


def test_nyuds_camera_equals_its_toolbox():
    """The toolbox counts columns from 1 to 640 and rows from 1 to 480."""
    columns, rows = np.meshgrid(np.arange(1, 641), np.arange(1, 481))
    expected = np.stack([(columns - TOOLBOX['cx']) / TOOLBOX['fx'], (rows - TOOLBOX['cy']) / TOOLBOX['fy']], -1)
    points = to_points(np.ones(NYU_SIZE), NYU_CAMERA)
    np.testing.assert_allclose(points[..., :2], expected, atol=1e-6)


def test_a_pixel_at_half_size_lies_in_the_middle_of_two_by_two():
    half = NYU_CAMERA.resized(NYU_SIZE, (240, 320))
    assert (half.fx, half.fy) == pytest.approx((259.4289505, 259.7348055))
    middle = to_points(np.ones(NYU_SIZE), NYU_CAMERA).reshape(240, 2, 320, 2, 3).mean((1, 3))
    np.testing.assert_allclose(to_points(np.ones((240, 320)), half), middle, atol=1e-6)
    assert NYU_CAMERA.resized(NYU_SIZE, NYU_SIZE) == NYU_CAMERA


def test_a_crop_sees_the_same_points():
    top, bottom, left, right = CROP
    whole = to_points(np.ones(NYU_SIZE), NYU_CAMERA)
    part = to_points(np.ones((bottom - top, right - left)), NYU_CAMERA.cropped(top, left))
    np.testing.assert_allclose(part, whole[top:bottom, left:right], atol=1e-6)


@pytest.mark.parametrize(
    'numbers', [(500, 0, 1, 1), (-1, 500, 1, 1), (500, float('nan'), 1, 1), (5, 5, float('inf'), 1)]
)
def test_invalid_cameras(numbers):
    with pytest.raises(ValueError, match='focal lengths'):
        Camera(*numbers)
