import pytest
import torch
import torch.nn.functional as F

from mtcp_mm.models.decode_heads.targets import collect_targets, resize_target
from mtcp_mm.structures import TaskFeatures
from mtcp_mm.tasks import DataError, build_tasks


def test_a_batch_by_task(tasks, make_samples):
    samples = make_samples(2, 6, 8) + make_samples(1, 6, 8, missing=['depth_map', 'sem_seg'])
    built = build_tasks(tasks)
    targets = collect_targets(samples, built, torch.device('cpu'))
    for name, task in built.items():
        assert torch.equal(targets[name][:2], torch.stack([sample.target(task.field) for sample in samples[:2]]))
        assert task.valid(targets[name][2]).any() == (name == 'normals')
    assert {name: target.shape for name, target in targets.items()} == {
        'semseg': (3, 1, 6, 8), 'depth': (3, 1, 6, 8), 'normals': (3, 3, 6, 8)
    }  # fmt: skip


def test_other_fields_of_a_sample_are_ignored(tasks, make_samples):
    (sample,) = make_samples(1, 6, 8, missing=['sem_seg', 'normals'])
    sample.set_target('parts', torch.zeros(1, 6, 8))
    assert list(collect_targets([sample], build_tasks(tasks[1:2]), torch.device('cpu'))) == ['depth']


def test_predictions_are_not_targets(tasks, make_samples):
    (sample,) = make_samples(1, 6, 8, missing=['sem_seg', 'depth_map', 'normals'])
    sample.set_prediction('depth_map', torch.zeros(1, 6, 8))
    with pytest.raises(DataError, match='no sample of the batch has a target'):
        collect_targets([sample], build_tasks(tasks), torch.device('cpu'))


def test_targets_go_to_the_device_of_the_network(tasks, make_samples):
    samples = make_samples(2, 6, 8, missing=['depth_map'])
    targets = collect_targets(samples, build_tasks(tasks), torch.device('meta'))
    assert {target.device.type for target in targets.values()} == {'meta'}


def test_no_target_at_all(head, make_maps, make_samples):
    samples = make_samples(2, 32, 48, missing=['sem_seg', 'depth_map', 'normals'])
    with pytest.raises(DataError, match="no sample of the batch has a target of any of the tasks .*'depth'"):
        head.loss(TaskFeatures(features=make_maps()), samples)


def test_targets_are_resized_by_nearest_neighbour():
    """The nearest pixel to the centre of a block of 4x4, halves rounded up, is its third."""
    target = torch.randint(0, 40, (2, 1, 8, 12))
    coarse = resize_target(target, (2, 3))
    assert coarse.dtype == torch.int64 and torch.equal(coarse, target[..., 2::4, 2::4])


def test_void_is_not_mixed_into_coarse_targets(head, make_maps, make_samples):
    samples = make_samples(1, 32, 48)
    labels = samples[0].target('sem_seg')
    labels[:, 16:] = 255
    stage = torch.randn(1, 4, 4, 6)
    inputs = TaskFeatures(features=make_maps(1), predictions=dict(semseg=(stage,)))
    expected = F.cross_entropy(stage[..., :2, :], labels[:, 4:16:8, 4::8])
    torch.testing.assert_close(head.loss(inputs, samples)['loss_semseg_s0'], expected)
