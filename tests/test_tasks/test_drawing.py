import cv2
import numpy as np

from mtcp_mm.tasks.drawing import distinct_palette


def in_cielab(colors):
    return cv2.cvtColor((np.asarray(colors, np.float32) / 255)[None], cv2.COLOR_RGB2LAB)[0]


def test_colours_differ_from_each_other_and_from_black_and_white():
    colors = distinct_palette(40)
    assert colors.shape == (40, 3) and colors.dtype == np.uint8
    lab = in_cielab([[0, 0, 0], [255, 255, 255], *colors])
    distance = np.linalg.norm(lab[:, None] - lab, axis=-1) + 1e3 * np.eye(len(lab))
    assert distance.min() > 12 and distance[:8, :8].min() > 30


def test_colours_are_muted():
    lab = in_cielab(distinct_palette(20))
    assert (abs(lab[:, 0] - 60) < 26).all() and (np.hypot(lab[:, 1], lab[:, 2]) < 61).all()


def test_a_longer_palette_starts_as_a_shorter_one():
    assert np.array_equal(distinct_palette(9)[:4], distinct_palette(4))
