import pytest
from mmengine.optim import OptimWrapper

from mtcp_mm.engine.optim_wrapper import BF16OptimWrapper, replace_wrapper
from mtcp_mm.utils import ConfigError


@pytest.mark.parametrize('kind', [{}, dict(type='OptimWrapper'), dict(type=OptimWrapper), dict(type=BF16OptimWrapper)])
def test_a_plain_wrapper_is_replaced(kind):
    cfg = kind | dict(clip_grad=dict(max_norm=1.0))
    replace_wrapper(cfg, dict(type='AmpOptimWrapper', dtype='float16'), '--dtype')
    assert cfg == dict(type='AmpOptimWrapper', dtype='float16', clip_grad=dict(max_norm=1.0))


def test_a_wrapper_of_another_precision_stays():
    cfg = dict(type='AmpOptimWrapper')
    with pytest.raises(ConfigError, match='--dtype replaces OptimWrapper, but the config has AmpOptimWrapper'):
        replace_wrapper(cfg, dict(type='BF16OptimWrapper'), '--dtype')
    assert cfg == dict(type='AmpOptimWrapper')
