import torch

from mtcp_mm.apis.benchmark.costs import count_operations, measure_memory
from mtcp_mm.apis.benchmark.forms import CONFIGURED
from mtcp_mm.apis.benchmark.released_form import RELEASED, ReleasedFusion


def test_costs_what_the_released_shapes_cost(build):
    subject, released = build(CONFIGURED, RELEASED, height=96, width=96)
    tasks, others, channels, positions = 3, 2, 16, 24 * 24
    attention = 2 * positions**2 * (others * channels + channels)
    gates = others * 2 * positions * channels**2
    found = count_operations(released.run, released.parts)
    assert 1 <= found['CFM'] / (tasks * (attention + gates)) < 1.03  # the rest is CBAM
    own = count_operations(subject.run, subject.parts)
    assert own['CFM'] < found['CFM'] / 5  # q_stride=4
    assert {name: own[name] for name in ('encoder', 'head')} == {name: found[name] for name in ('encoder', 'head')}
    assert own['SRM'] < found['SRM']  # which predicts at all stages, at the size of the finer map
    maps = [torch.randn(1, channels, 24, 24) for _ in range(tasks)]
    affinity = 4 * positions**2
    with torch.no_grad():
        ours, theirs = (
            measure_memory(lambda each=each: each.network.neck[1].fusions['depth'](maps[0], maps[1:]), maps[0].device)
            for each in (subject, released)
        )
    assert ours < affinity and theirs > 2 * affinity


def test_all_parts_have_released_shapes(build):
    (released,) = build(RELEASED, train=True)
    assert released.network.backbone.mask_layers == 'last'
    assert all(isinstance(fusion, ReleasedFusion) for fusion in released.network.neck[1].fusions.values())
    released.run()
