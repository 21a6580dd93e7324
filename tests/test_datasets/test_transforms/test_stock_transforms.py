"""MMSegmentation transforms that our pipelines use unchanged."""

import numpy as np
from mmseg.registry import TRANSFORMS

from mtcp_mm.datasets import MultiTaskRandomFlip


def test_photometric_distortion_changes_only_the_image(ramp):
    """It uses np.random like ours, and accepts the mirrored array view after a flip."""
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
