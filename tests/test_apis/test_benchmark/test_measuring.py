from functools import partial

import pytest
import torch
from torch import nn

from mtcp_mm.apis.benchmark.forms import CONFIGURED
from mtcp_mm.apis.benchmark.measuring import compile_network, measure
from mtcp_mm.apis.benchmark.subject import Subject
from mtcp_mm.utils import UserError


def test_measures_every_part_of_every_network(build, settings):
    subjects = build() + build(height=32, width=32)
    lines = []
    measurements, rates = measure(subjects, settings, 2, lines.append)
    assert len(rates) == 2 and min(rates) > 0
    large, small = measurements
    assert large.memory > small.memory > 0
    for measurement in measurements:
        assert len(measurement.latencies) == len(measurement.cpu) == len(measurement.busy) == 2
        assert measurement.parts.keys() == measurement.operations.keys()
        assert all(len(times) == 2 for times in measurement.parts.values())
    assert lines[-1] == 'timing the parts: round 2 of 2'


def test_a_network_that_cannot_be_compiled_is_reported(monkeypatch):
    class Graph(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + 1

    def refuse(graph, inputs):
        raise ValueError('no such instruction')

    monkeypatch.setattr(torch, 'compile', partial(torch.compile, backend=refuse))
    network, images = Graph(), torch.ones(1, 3, 4, 4)
    subject = Subject('graph', CONFIGURED, network, images, lambda: network(images), {})
    with pytest.raises(UserError, match=r'^graph cannot be compiled \(.*no such instruction.*\); leave out --compile$'):
        compile_network(subject)
