"""Transforms of MMSegmentation that our pipelines use as they are."""

import numpy as np
from mmseg.registry import TRANSFORMS

from mtcp_mm.datasets import MultiTaskRandomFlip


def test_photometric_distortion_touches_the_image_alone(ramp):
    """It draws from np.random as ours do, and takes the mirrored view that a flip leaves."""
    distort = TRANSFORMS.build(dict(type='PhotoMetricDistortion'))
    flipped = MultiTaskRandomFlip(prob=1)(ramp)
    before = {key: np.copy(value) if isinstance(value, np.ndarray) else value for key, value in flipped.items()}
    images = []
    for _ in range(2):
        np.random.seed(4)
        after = distort(dict(flipped))
        images.append(after['img'])
        assert set(after) == set(before)
        for key in set(before) - {'img'}:
            np.testing.assert_array_equal(after[key], before[key])
    np.testing.assert_array_equal(*images)
    assert images[0].dtype == np.uint8 and not np.array_equal(images[0], before['img'])
