import torch

from mtcp_mm.models.layers import build_predictor
from mtcp_mm.tasks import build_tasks


def test_channels_and_bias_are_the_tasks(tasks):
    convs = {name: build_predictor(6, task) for name, task in build_tasks(tasks).items()}
    assert {name: conv.weight.shape for name, conv in convs.items()} == {
        'semseg': (4, 6, 1, 1), 'depth': (1, 6, 1, 1), 'normals': (3, 6, 1, 1)
    }  # fmt: skip
    assert convs['depth'](torch.zeros(1, 6, 2, 2)).tolist() == [[[[2.5, 2.5], [2.5, 2.5]]]]
    assert not convs['semseg'].bias.any() and not convs['normals'].bias.any()
