import copy
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from mmengine.optim import OptimWrapper
from mmseg.registry import OPTIM_WRAPPERS
from torch import nn

from mtcp_mm.engine import BF16OptimWrapper

DEVICES = ['cpu', pytest.param('cuda', marks=pytest.mark.skipif(not torch.cuda.is_available(), reason='no GPU'))]


def make(device: str = 'cpu', wrapper: type = BF16OptimWrapper, **kwargs) -> tuple[nn.Module, OptimWrapper]:
    torch.manual_seed(0)
    model = nn.Linear(16, 4).to(device)
    return model, wrapper(torch.optim.AdamW(model.parameters(), lr=0.1), **kwargs)


def step(model: nn.Module, wrapper: OptimWrapper) -> torch.Tensor:
    inputs = torch.linspace(-1, 1, 32, device=next(model.parameters()).device).reshape(2, 16)
    with wrapper.optim_context(model):
        outputs = model(inputs)
        loss = outputs.float().square().sum()
    wrapper.update_params(loss)
    return outputs


@pytest.mark.parametrize('device', DEVICES)
def test_computes_in_bfloat16_and_keeps_float32(device):
    model, wrapper = make(device)
    plain, plain_wrapper = make(device, OptimWrapper)
    outputs, expected = step(model, wrapper), step(plain, plain_wrapper)
    assert outputs.dtype == torch.bfloat16
    torch.testing.assert_close(outputs.float(), expected, rtol=0.02, atol=0.02)
    assert not torch.equal(outputs.float(), expected)
    moments = [value for entry in wrapper.state_dict()['state'].values() for value in entry.values()]
    assert all(tensor.dtype == torch.float32 for tensor in [*model.parameters(), *moments])
    assert model(torch.ones(1, 16, device=device)).dtype == torch.float32  # outside the context


def test_is_built_by_name_and_clips_before_the_step():
    model = nn.Linear(16, 4)
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    cfg = dict(type='BF16OptimWrapper', optimizer=optimizer, clip_grad=dict(max_norm=0.25))
    wrapper = OPTIM_WRAPPERS.build(cfg)
    before = copy.deepcopy(list(model.parameters()))
    step(model, wrapper)
    moved = torch.cat([(new - old).flatten() for new, old in zip(model.parameters(), before, strict=True)])
    assert moved.norm().item() == pytest.approx(0.25, rel=1e-4)


@pytest.mark.parametrize(('saving', 'loading'), [(BF16OptimWrapper, OptimWrapper), (OptimWrapper, BF16OptimWrapper)])
def test_state_goes_from_and_to_float32_training(saving, loading):
    model, wrapper = make(wrapper=saving)
    step(model, wrapper)
    _, other = make(wrapper=loading)
    other.load_state_dict(copy.deepcopy(wrapper.state_dict()))
    moments, others = wrapper.state_dict()['state'], other.state_dict()['state']
    assert moments.keys() == others.keys() == {0, 1}
    assert all(torch.equal(value, others[index][name]) for index in moments for name, value in moments[index].items())


class WithoutSync(nn.Linear):
    """A model on several devices, which records whether gradients were averaged over them."""

    def __init__(self) -> None:
        super().__init__(16, 4)
        self.synced: list[bool] = []
        self.syncs = True

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        self.syncs = False
        try:
            yield
        finally:
            self.syncs = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.synced.append(self.syncs)
        return super().forward(x)


def test_devices_synchronize_where_the_optimizer_steps_alone():
    model = WithoutSync()
    wrapper = BF16OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1), accumulative_counts=3)
    wrapper.initialize_count_status(model, 0, 6)
    outputs = [step(model, wrapper) for _ in range(6)]
    assert model.synced == [False, False, True] * 2
    assert all(output.dtype == torch.bfloat16 for output in outputs)


def test_accumulates_gradients():
    model, wrapper = make(accumulative_counts=2)
    wrapper.initialize_count_status(model, 0, 4)
    before = model.weight.detach().clone()
    step(model, wrapper)
    assert torch.equal(model.weight, before)
    step(model, wrapper)
    assert not torch.equal(model.weight, before)
