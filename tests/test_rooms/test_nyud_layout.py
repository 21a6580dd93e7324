import numpy as np

from mtcp_mm.datasets import NYUDMultiTask
from mtcp_mm.rooms import RoomsParameters, render_room, write_rooms
from mtcp_mm.tasks import build_tasks, load_map

TASKS = [
    dict(type='ClassMap', name='semseg', field='sem_seg', classes='nyud40', label_offset=1),
    dict(type='DepthMap', name='depth', field='depth_map'),
    dict(type='SurfaceNormals', name='normals'),
    dict(type='BinaryMap', name='edge', field='edge_map'),
]


def test_the_data_set_loads_four_tasks(tmp_path):
    write_rooms(tmp_path / 'rooms', RoomsParameters(train=1, val=2, height=48, width=64, seed=3))
    dataset = NYUDMultiTask(tmp_path / 'rooms', 'val', tasks=TASKS)
    assert len(dataset) == 2
    for index in range(2):
        sample, entry = render_room(3, 'val', index, 48, 64), dataset.get_data_info(index)
        maps = {name: load_map(task, entry) for name, task in build_tasks(TASKS).items()}
        np.testing.assert_array_equal(maps['semseg'], sample.segmentation.astype(int) - 1)
        np.testing.assert_array_equal(maps['depth'], sample.depth)
        np.testing.assert_allclose(maps['normals'], sample.normals, atol=1e-6)
        np.testing.assert_array_equal(maps['edge'], sample.edges)
