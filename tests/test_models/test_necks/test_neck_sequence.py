import pytest
import torch
from mmseg.registry import MODELS


def test_stock_necks_may_stand_between_those_that_take_tasks(tasks):
    necks = [
        dict(type='FPN', in_channels=[6, 8], out_channels=8, num_outs=2),
        dict(type='TaskDecoders', in_channels=8, channels=(8, 12), out_channels=8, depths=(1, 1), num_heads=(2, 2)),
        dict(type='CoherenceFusion', channels=8),
        dict(type='SelectTask', task='depth'),
    ]
    sequence = MODELS.build(dict(type='NeckSequence', necks=necks, tasks=tasks))
    inputs = (torch.randn(2, 6, 8, 12), torch.randn(2, 8, 4, 6))
    assert [x.shape for x in sequence(inputs)] == [(2, 8, 8, 12), (2, 12, 4, 6)]
    assert list(sequence[1].fusions) == ['semseg', 'depth', 'normals']


def test_necks_run_in_order():
    class Scale(torch.nn.Module):
        def __init__(self, factor: float, shift: float) -> None:
            super().__init__()
            self.factor, self.shift = factor, shift

        def forward(self, x: float) -> float:
            return self.factor * x + self.shift

    necks = [dict(type=Scale, factor=2, shift=1), dict(type=Scale, factor=3, shift=0)]
    assert MODELS.build(dict(type='NeckSequence', necks=necks, tasks=[]))(5) == 33


def test_tasks_of_a_neck_take_precedence(tasks):
    neck = dict(type='SpatialRefinement', tasks=tasks[:1], channels=4, pyramid_channels=(4, 4))
    sequence = MODELS.build(dict(type='NeckSequence', necks=[neck], tasks=tasks))
    assert list(sequence[0].refinements) == ['semseg']


def test_an_unknown_neck():
    with pytest.raises(KeyError, match='NoSuchNeck'):
        MODELS.build(dict(type='NeckSequence', necks=[dict(type='NoSuchNeck')], tasks=[]))
