"""What networks cost, counted rather than timed, so that no change adds to it unnoticed."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from mmseg.registry import MODELS
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from mtcp_mm.engine import FusedAdamW

CONFIGS = Path(__file__).parents[2] / 'configs'
HEIGHT, WIDTH = 96, 128

# GFLOP of a forward pass without the affinity and MiB kept for the backward pass, both for one image of 96x128, and
# positions of the affinity's queries. Measured; update them together with a network.
COSTS = {
    'mtcp_nyud': (41.0, 113.0, 768),
    'mtcp_nyud_small': (0.634, 33.9, 48),
    'nyud_plain': (0.743, 26.1, None),
}


class Recorder(TorchDispatchMode):
    """Counts operators, and records the shapes of the queries of attention between all positions (one head)."""

    def __init__(self) -> None:
        super().__init__()
        self.operators: Counter[str] = Counter()
        self.queries: list[tuple[int, ...]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: dict | None = None) -> Any:
        self.operators[func.overloadpacket.__name__] += 1
        if func.overloadpacket.__name__ == '_scaled_dot_product_flash_attention_for_cpu' and args[0].shape[1] == 1:
            self.queries.append(tuple(args[0].shape))
        return func(*args, **(kwargs or {}))


@pytest.fixture
def build(monkeypatch) -> Callable[[str], nn.Module]:
    """Builds the network of a config with constant weights, which is quick."""

    def make(name: str) -> nn.Module:
        # Encoders read their rates of stochastic depth out of a tensor.
        monkeypatch.setattr(torch, 'linspace', partial(torch.linspace, device='cpu'))
        with torch.device('meta'):
            model = MODELS.build(Config.fromfile(next(CONFIGS.rglob(f'{name}.py'))).model)
        model.to_empty(device='cpu')
        for value in model.state_dict().values():
            value.zero_()
        return model

    return make


@pytest.mark.parametrize('name', COSTS)
def test_costs_of_a_training_step(build, make_samples, saved_bytes, name):
    operations, mebibytes, positions = COSTS[name]
    model = build(name).train()
    inputs, samples = torch.zeros(2, 3, HEIGHT, WIDTH), make_samples(2, HEIGHT, WIDTH)
    recorder, counter = Recorder(), FlopCounterMode(display=False)
    with recorder, counter:
        saved = saved_bytes(model.loss, inputs, samples, module=model)
    assert counter.get_total_flops() / 2e9 == pytest.approx(operations, rel=0.03)
    assert saved / 2**21 == pytest.approx(mebibytes, rel=0.03)
    expected = [] if positions is None else [positions] * len(model.tasks)
    assert [shape[2] for shape in recorder.queries] == expected, 'the affinity of positions is formed outright'


@pytest.mark.parametrize(
    'path', [p for p in sorted(CONFIGS.rglob('*.py')) if '_base_' not in p.parts], ids=lambda p: p.stem
)
def test_the_affinity_suits_the_flash_kernel_of_consumer_cards(path):
    """It takes at most 256 channels. In training, it refuses 193 to 224 on cards with little shared memory."""
    necks = Config.fromfile(path, import_custom_modules=False).model.get('neck') or []
    for neck in necks if isinstance(necks, list) else [necks]:
        if neck['type'] == 'CoherenceFusion':
            channels = neck.get('channels', 256)
            assert channels <= 256 and channels not in range(193, 225)


def test_a_step_reads_from_the_device_once(make_network, make_samples):
    """The losses are read by one copy; what loggers read later is on the host already."""
    network = make_network()
    wrapper = OptimWrapper(FusedAdamW(network.parameters(), lr=1e-3))
    samples = make_samples(2, 64, 64)
    data = dict(inputs=torch.zeros(2, 3, 64, 64), data_samples=samples)
    recorder = Recorder()
    with recorder:
        network.train_step(data, wrapper)
    forbidden = {'_local_scalar_dense', 'nonzero', 'masked_select', '_unique2', 'is_nonzero', 'equal'}
    assert not forbidden & recorder.operators.keys()
