import torch

from mtcp_mm.structures import MultiTaskDataSample


def test_targets_and_predictions_are_kept_by_field():
    sample, depth, logits = MultiTaskDataSample(), torch.rand(1, 4, 6), torch.rand(3, 4, 6)
    sample.set_target('depth_map', depth)
    sample.set_prediction('normals', logits)
    assert torch.equal(sample.target('depth_map'), depth) and torch.equal(sample.prediction('normals'), logits)
    assert sample.prediction('depth_map') is None and sample.target('normals') is None


def test_maps_lie_where_mmseg_has_them():
    sample, labels = MultiTaskDataSample(), torch.ones(1, 4, 6)
    sample.set_target('sem_seg', labels)
    assert torch.equal(sample.gt_sem_seg.data, labels)
    assert torch.equal(sample.to_dict()['gt_sem_seg']['data'], labels)  # as metrics receive it
