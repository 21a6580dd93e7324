import torch

from mtcp_mm.apis.benchmark.synthetic import make_batch
from mtcp_mm.tasks import build_tasks

TASKS = [
    dict(type='ClassMap', name='parts', field='part_map', classes=('a', 'b', 'c')),
    dict(type='DepthMap', name='depth', field='depth_map'),
    dict(type='SurfaceNormals', name='normals'),
    dict(type='BinaryMap', name='edge', field='edge_map'),
]


def test_targets_are_valid_everywhere_and_typed_as_loaded_ones():
    tasks = build_tasks(TASKS)
    batch = make_batch(tasks, 2, (6, 8))
    assert [(image.shape, image.dtype) for image in batch['inputs']] == [((3, 6, 8), torch.uint8)] * 2
    for sample in batch['data_samples']:
        for task in tasks.values():
            target = sample.target(task.field)
            assert target.shape == (task.target_channels, 6, 8)
            assert target.dtype == task.to_tensor(task.empty(6, 8)).dtype
            assert task.valid(target).all()
        assert set(sample.target('part_map').unique().tolist()) == {0, 1, 2}
        assert set(sample.target('edge_map').unique().tolist()) == {0, 1}
        torch.testing.assert_close(sample.target('normals').norm(dim=0), torch.ones(6, 8))
