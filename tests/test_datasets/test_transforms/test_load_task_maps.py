import numpy as np
import pytest
from PIL import Image

from mtcp_mm.datasets import LoadTaskMaps, NYUDMultiTask
from mtcp_mm.tasks import DataError


def load(nyud, tasks) -> dict:
    info = NYUDMultiTask(nyud, 'val', tasks).get_data_info(0)
    return LoadTaskMaps()({**info, 'ori_shape': (12, 16)})


def test_loads_every_task(nyud, tasks):
    results = load(nyud, tasks)
    assert results['gt_sem_seg'].shape == results['gt_depth_map'].shape == (12, 16)
    assert results['gt_normals'].shape == (12, 16, 3)


def test_wrong_size_names_both_files(nyud, tasks):
    np.save(nyud / 'depth/0003.npy', np.ones((13, 16), np.float32))
    with pytest.raises(DataError, match=r'depth/0003\.npy: .*13x16.*images/0003\.jpg has 12x16'):
        load(nyud, tasks)


def test_a_wrong_size_due_to_exif_rotation_gets_a_hint(nyud, tasks):
    np.save(nyud / 'depth/0003.npy', np.ones((16, 12), np.float32))
    with pytest.raises(DataError, match='upright=False'):
        load(nyud, tasks)
    assert NYUDMultiTask(nyud, 'val', tasks, upright=False).get_data_info(0)['upright'] is False


@pytest.mark.parametrize(
    ('name', 'values'),
    [
        ('segmentation/0003.npy', np.ones((12, 16), np.float32)),
        ('segmentation/0003.npy', np.full((12, 16), 41, np.uint8)),
        ('depth/0003.npy', np.ones((12, 16, 3), np.float32)),
        ('depth/0003.npy', np.ones((12, 16), bool)),
        ('depth/0003.npy', np.array([{}], object)),
        ('normals/0003.npy', np.ones((12, 16), np.float32)),
        ('normals/0003.npy', np.ones((12, 16, 3), np.int64)),
    ],
)
def test_wrong_type_or_shape_names_the_file(nyud, tasks, name, values):
    np.save(nyud / name, values)
    with pytest.raises(DataError, match=name.replace('.', r'\.')):
        load(nyud, tasks)


def test_truncated_map_is_named(nyud, tasks):
    path = nyud / 'segmentation/0003.png'
    Image.fromarray(np.random.default_rng(0).integers(0, 41, (12, 16), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match=r'segmentation/0003\.png'):
        load(nyud, tasks)


def test_tasks_are_built_once_per_list(nyud, tasks):
    transform = LoadTaskMaps()
    first = transform.tasks(dict(tasks=tasks))
    assert transform.tasks(dict(tasks=list(tasks)))[0] is first[0]
    assert [task.name for task in transform.tasks(dict(tasks=tasks[1:]))] == ['depth', 'normals']
    assert transform.tasks({}) == []
