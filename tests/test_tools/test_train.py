import pytest
from mmengine.config import Config
from mmengine.optim import AmpOptimWrapper, OptimWrapper

from mtcp_mm.engine.optim_wrapper import BF16OptimWrapper
from mtcp_mm.utils import ConfigError, MissingFileError
from tools import train


@pytest.fixture
def cfg(tmp_path):
    return Config(
        {
            'work_dir': str(tmp_path / 'run'),
            'load_from': 'pretrained.pth',
            'resume': False,
            'optim_wrapper': {'type': 'OptimWrapper', 'optimizer': {'type': 'SGD', 'lr': 0.1}},
        }
    )


def test_without_resume_the_pretrained_weights_stay(cfg):
    train.set_resume(cfg, None)
    assert (cfg.resume, cfg.load_from) == (False, 'pretrained.pth')


def test_resume_without_a_checkpoint_starts_anew(cfg):
    train.set_resume(cfg, 'auto')
    assert (cfg.resume, cfg.load_from) == (False, 'pretrained.pth')


def test_resume_takes_the_checkpoint_found_or_given(cfg, tmp_path, monkeypatch):
    monkeypatch.setattr(train, 'find_resume_checkpoint', lambda work_dir: f'{work_dir}/epoch_3.pth')
    train.set_resume(cfg, 'auto')
    assert (cfg.resume, cfg.load_from) == (True, f'{cfg.work_dir}/epoch_3.pth')

    given = tmp_path / 'given.pth'
    with pytest.raises(MissingFileError, match=r'no checkpoint file .*given\.pth'):
        train.set_resume(cfg, str(given))
    given.touch()
    train.set_resume(cfg, str(given))
    assert (cfg.resume, cfg.load_from) == (True, str(given))


@pytest.mark.parametrize('other', ['AmpOptimWrapper', 'mmengine.AmpOptimWrapper', AmpOptimWrapper])
@pytest.mark.parametrize('plain', [None, 'OptimWrapper', 'mmengine.optim.OptimWrapper', OptimWrapper, BF16OptimWrapper])
def test_amp_takes_bfloat16_and_refuses_another_precision(cfg, plain, other):
    cfg.optim_wrapper.pop('type')
    if plain:
        cfg.optim_wrapper.type = plain
    train.enable_amp(cfg)
    assert cfg.optim_wrapper.type == 'BF16OptimWrapper'
    assert cfg.optim_wrapper.optimizer.lr == 0.1
    cfg.optim_wrapper.type = other
    with pytest.raises(ConfigError, match=r'--amp.*AmpOptimWrapper'):
        train.enable_amp(cfg)
