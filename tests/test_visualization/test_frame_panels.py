import numpy as np
import pytest

from mtcp_mm.tasks import build_tasks
from mtcp_mm.visualization import FramePanels

CLASSES = [f'a class with a long name {i}' for i in range(20)]
TASKS = build_tasks([
    dict(type='ClassMap', name='semseg', classes=CLASSES),
    dict(type='DepthMap', name='depth'),
    dict(type='SurfaceNormals', name='normals'),
])  # fmt: skip
IMAGE = np.full((31, 41, 3), 120, np.uint8)


def maps(classes, far):
    labels = np.resize(np.arange(classes), (31, 41))
    depth = np.linspace(1, far, 31 * 41, dtype=np.float32).reshape(31, 41)
    return dict(semseg=labels, depth=depth, normals=np.full((31, 41, 3), 0.5, np.float32))


def test_panels_have_one_even_size():
    panels = FramePanels(TASKS)
    shapes = {panels.draw(IMAGE, maps(classes, 5), 'frame').shape for classes in (1, 20, 5, 2)}
    assert len(shapes) == 1
    height, width, channels = shapes.pop()
    assert height % 2 == width % 2 == 0 and channels == 3


def test_the_scale_of_depth_only_widens():
    panels, bars = FramePanels(TASKS), []
    for far in (4, 9, 3):
        panels.draw(IMAGE, maps(2, far), 'frame')
        bars.append(panels.drawn['depth'].bar)
    assert [bar.high for bar in bars] == pytest.approx([3.97, 8.92, 8.92], abs=0.01)
    assert [bar.low for bar in bars] == pytest.approx([1.03, 1.03, 1.02], abs=0.001)


def test_classes_keep_their_places():
    panels = FramePanels(TASKS)
    for labels, legend in [([0, 0, 1], [0, 1]), ([1, 1, 0], [0, 1]), ([2, 1, 1], [2, 1]), ([3, 2, 1, 4], [2, 1, 3, 4])]:
        seen = dict(maps(1, 5), semseg=np.resize(labels, (31, 41)))
        panels.draw(IMAGE, seen, 'frame')
        names = [name for name, _ in panels.drawn['semseg'].entries]
        assert sorted(names) == sorted(CLASSES[i] for i in legend)
        assert names[:2] == [CLASSES[i] for i in legend[:2]]
