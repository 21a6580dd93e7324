import torch

from mtcp_mm.apis.exported import ExportedHead
from mtcp_mm.structures import TaskFeatures


def test_joins_the_logits_of_all_tasks():
    tasks = [dict(type='ClassMap', name='a', classes=('x', 'y')), dict(type='DepthMap', name='b')]
    head = ExportedHead(tasks, align_corners=True)
    features = TaskFeatures(features=dict(a=torch.rand(2, 2, 3, 4), b=torch.rand(2, 1, 3, 4)))
    assert head.out_channels == 3 and head.align_corners
    assert head(features).keys() == {'a', 'b'}
    joined = head.predict(features, [])
    assert torch.equal(joined[:, :2], features.features['a']) and torch.equal(joined[:, 2:], features.features['b'])
