"""The shipped configs."""

from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmseg.registry import MODELS

CONFIGS = Path(__file__).parents[1] / 'configs'


@pytest.mark.parametrize('name, slow', [('mtcp_nyud_small', 'backbone.encoder.'), ('nyud_plain', 'backbone.')])
def test_the_pretrained_encoder_alone_learns_at_half_the_rate(name, slow):
    cfg = Config.fromfile(CONFIGS / f'{name}.py')
    init_default_scope('mmseg')
    model = MODELS.build(cfg.model)
    names = {id(parameter): key for key, parameter in model.named_parameters()}
    rates = {}
    for group in build_optim_wrapper(model, cfg.optim_wrapper).optimizer.param_groups:
        rates |= {names[id(parameter)]: group['lr'] for parameter in group['params']}
    assert rates.keys() == set(names.values())
    assert all(rate == (5e-4 if key.startswith(slow) else 1e-3) for key, rate in rates.items())
