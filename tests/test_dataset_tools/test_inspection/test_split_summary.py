import pytest

from mtcp_mm.dataset_tools.inspection.class_counts import ClassCounts
from mtcp_mm.dataset_tools.inspection.split_summary import build_statistics
from mtcp_mm.dataset_tools.inspection.value_sums import ValueSums, VectorSums
from mtcp_mm.tasks import ClassMap, DepthMap, RegressionMap, SurfaceNormals


@pytest.mark.parametrize(
    'task, contents, channels',
    [
        (ClassMap('semseg', classes=['a', 'b']), ClassCounts, None),
        (DepthMap('depth'), ValueSums, 1),
        (SurfaceNormals('normals'), VectorSums, 3),
        (RegressionMap('offsets', channels=2), ValueSums, 2),
    ],
)
def test_statistics_depend_on_the_kind_of_task(task, contents, channels):
    summed = build_statistics(task)
    assert type(summed) is contents
    assert channels is None or len(summed.channels) == channels
