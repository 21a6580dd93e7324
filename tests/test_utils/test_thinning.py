import cv2
import numpy as np
import pytest
from skimage import morphology

from mtcp_mm.utils import thin


@pytest.mark.parametrize('width', [1, 63, 64, 65, 150])
@pytest.mark.parametrize('blur', [0, 3])
def test_thin_equals_scikit_image_pixel_for_pixel(width, blur):
    rng = np.random.default_rng(width)
    for share in (0.2, 0.5, 0.8):
        mask = rng.random((40, width)) < share
        if blur:  # blobs and thick lines
            mask = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), blur).reshape(mask.shape) > share
        np.testing.assert_array_equal(thin(mask), morphology.thin(mask))


def test_thin_leaves_the_middle_of_a_bar_and_an_empty_mask():
    bar = np.zeros((7, 80), bool)
    bar[2:5, 1:79] = True
    thinned = thin(bar)
    assert thinned[3, 3:77].all() and not thinned[[2, 4], 3:77].any()
    assert not thin(np.zeros((3, 4), bool)).any()
