import pytest
import torch
from torch import nn

from mtcp_mm.apis.benchmark.part_meter import PartMeter


class Work(nn.Module):
    """Advances a clock, runs other modules, and advances it again."""

    def __init__(self, clock: list[int], steps: int, *inner: nn.Module) -> None:
        super().__init__()
        self.clock, self.steps, self.inner = clock, steps, nn.ModuleList(inner)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for module in [None, *self.inner]:
            self.clock[0] += self.steps
            if module is not None:
                module(x)
        return x


def test_what_an_inner_part_takes_does_not_count_for_the_outer_one():
    clock = [5]
    first, second = Work(clock, 10), Work(clock, 100)
    network = Work(clock, 1, first, Work(clock, 1000), second)
    meter = PartMeter({network: 'rest', first: 'inner', second: 'inner'}, lambda: clock[0])
    with meter.attached(), meter.part('all'):
        clock[0] += 7
        network(torch.ones(1))
    assert meter.totals == {'all': 7, 'rest': 4 + 1000, 'inner': 110}
    network(torch.ones(1))
    assert sum(meter.totals.values()) == 1121  # no longer attached


def test_a_part_that_raises_is_left():
    clock = [0]
    broken = Work(clock, 1)
    broken.forward = None
    meter = PartMeter({broken: 'broken'}, lambda: clock[0])
    with meter.attached(), meter.part('rest'):
        with pytest.raises(TypeError):
            broken(torch.ones(1))
        clock[0] += 3
    assert meter.totals == {'rest': 3, 'broken': 0}
