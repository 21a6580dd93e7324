import pytest
import torch
from mmengine.config import Config

from mtcp_mm.apis.benchmark.settings import Settings
from mtcp_mm.apis.benchmark.subject import build_optimizer, build_subjects
from mtcp_mm.engine.optim_wrapper import BF16OptimWrapper
from mtcp_mm.utils import ConfigError, UserError


def test_sizes_are_those_of_the_config_unless_they_are_set(build):
    (inference,) = build()
    assert inference.images.shape == (1, 3, 64, 64)
    maps = inference.run()
    assert {name: value.shape[-2:] for name, value in maps.items()} == dict.fromkeys(maps, (16, 16))
    fusion = inference.network.neck[1].fusions['depth']
    assert (fusion.norm.weight == 1).all()  # so no part is multiplied by zero
    assert fusion.norm.running_mean.any()
    assert fusion.norm.momentum == 0.1


def test_a_training_step_trains(build):
    (step,) = build(train=True, height=32)
    assert step.images.shape == (2, 3, 32, 64)
    before = step.network.decode_head.predictors['depth'].weight.clone()
    step.run()
    assert step.network.training
    assert not torch.equal(step.network.decode_head.predictors['depth'].weight, before)
    assert all(parameter.grad is None for parameter in step.network.parameters())


def test_a_size_that_the_network_cannot_take_is_reported(cfg, settings, monkeypatch):
    def refuse(*args):
        raise RuntimeError('Kernel size\nmore')

    monkeypatch.setattr('mtcp_mm.apis.benchmark.subject.settle_norms', refuse)
    with pytest.raises(UserError, match=r'^tiny cannot take images of 3x64 \(Kernel size\); change --height'):
        build_subjects('tiny', cfg, Settings(torch.device('cpu'), height=3))
    with pytest.raises(RuntimeError, match='more'):  # at its own size it is a bug
        build_subjects('tiny', cfg, settings)


def test_a_lower_precision_has_its_own_optimizer_wrapper(cfg):
    settings = Settings(torch.device('cpu'), torch.bfloat16, train=True)
    network = torch.nn.Linear(2, 2)
    assert isinstance(build_optimizer(network, cfg, settings), BF16OptimWrapper)
    with pytest.raises(ConfigError, match='AmpOptimWrapper'):
        build_optimizer(network, Config(dict(optim_wrapper=dict(type='AmpOptimWrapper'))), settings)
    with pytest.raises(ConfigError, match='no optim_wrapper'):
        build_optimizer(network, Config(dict()), settings)
