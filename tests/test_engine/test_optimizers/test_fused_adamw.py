import copy

import pytest
import torch
from mmseg.registry import OPTIMIZERS
from torch import nn

from mtcp_mm.engine import FusedAdamW


def train(optimizer_class: type, groups: bool = False) -> list[torch.Tensor]:
    torch.manual_seed(0)
    model = nn.Linear(16, 4)
    params = [dict(params=[model.weight], lr=0.05), dict(params=[model.bias])] if groups else model.parameters()
    optimizer = optimizer_class(params, lr=0.1, weight_decay=0.01)
    for _ in range(3):
        optimizer.zero_grad()
        model(torch.linspace(-1, 1, 32).reshape(2, 16)).square().sum().backward()
        optimizer.step()
    return [parameter.detach() for parameter in model.parameters()]


@pytest.mark.parametrize('groups', [False, True])
def test_equals_adamw(groups):
    torch.testing.assert_close(train(FusedAdamW, groups), train(torch.optim.AdamW, groups), rtol=1e-5, atol=1e-6)


def test_is_built_by_name_and_fused_where_torch_can():
    cfg = dict(type='FusedAdamW', params=list(nn.Linear(2, 2).parameters()), lr=0.1)
    optimizer = OPTIMIZERS.build(cfg)
    try:
        torch.optim.AdamW(nn.Linear(2, 2).parameters(), fused=True)
    except RuntimeError:
        assert not optimizer.defaults['fused']
    else:
        assert optimizer.param_groups[0]['fused']


@pytest.mark.parametrize('groups', [False, True])
def test_is_adamw_where_there_is_no_fused_kernel(monkeypatch, groups):
    stock = torch.optim.AdamW.__init__

    def refuse(self, params, fused=None, **kwargs):
        stock(self, params, fused=fused, **kwargs)
        if fused:
            raise RuntimeError('`fused=True` requires all the params to be CUDA tensors')

    expected = train(torch.optim.AdamW, groups)
    monkeypatch.setattr(torch.optim.AdamW, '__init__', refuse)
    torch.testing.assert_close(train(FusedAdamW, groups), expected, rtol=0, atol=0)


def test_states_go_from_and_to_adamw():
    parameter = nn.Parameter(torch.ones(3))
    states = []
    for first, second in [(FusedAdamW, torch.optim.AdamW), (torch.optim.AdamW, FusedAdamW)]:
        optimizer, other = first([parameter], lr=0.1), second([parameter], lr=0.1)
        parameter.grad = torch.ones(3)
        optimizer.step()
        other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        other.step()
        states.append(other.state[parameter]['exp_avg'])
    torch.testing.assert_close(*states)
