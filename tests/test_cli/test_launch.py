import argparse
import os

import pytest
import torch
from mmengine.config import Config

from mtcp_mm.cli import add_launch_arguments, launch, load_config
from mtcp_mm.cli.launch import configure_launcher
from mtcp_mm.utils import MissingFileError, MissingPackageError, UserError


@pytest.fixture(autouse=True)
def own_environment(monkeypatch):
    monkeypatch.setattr(os, 'environ', os.environ.copy())


@pytest.fixture
def on_device(monkeypatch):
    def pretend(device):
        monkeypatch.setattr(launch, 'get_device', lambda: device)
        monkeypatch.setattr(torch.cuda, 'is_available', lambda: device == 'cuda')

    return pretend


def parse(*argv):
    parser = argparse.ArgumentParser()
    parser.add_argument('config')
    add_launch_arguments(parser)
    return parser.parse_args([str(arg) for arg in argv])


def test_missing_config_is_an_error_that_names_it(tmp_path):
    with pytest.raises(MissingFileError, match=r'no config file .*absent\.py'):
        load_config(parse(tmp_path / 'absent.py'))


def test_a_package_that_a_config_asks_for_is_named(tmp_path, monkeypatch):
    (tmp_path / 'wants_a_package.py').write_text(
        "from mtcp_mm.utils import MissingPackageError\nraise MissingPackageError('pip install it')"
    )
    (tmp_path / 'config.py').write_text("custom_imports = dict(imports=['wants_a_package'])")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingPackageError) as caught:
        load_config(parse(tmp_path / 'config.py'))
    assert str(caught.value) == 'pip install it'


def test_work_dir_of_the_argument_goes_before_the_configs_and_that_before_the_default(tmp_path):
    plain, own = tmp_path / 'plain.py', tmp_path / 'own.py'
    plain.write_text('model = dict(channels=64)')
    own.write_text("work_dir = 'mine'")
    assert load_config(parse(plain)).work_dir == os.path.join('work_dirs', 'plain')
    assert load_config(parse(own)).work_dir == 'mine'
    assert load_config(parse(own, '--work-dir', 'given')).work_dir == 'given'
    assert load_config(parse(plain, '--cfg-options', 'model.channels=8')).model.channels == 8


def test_single_process_leaves_the_config_alone(on_device):
    on_device('cuda')
    cfg = Config({})
    configure_launcher(cfg, 'none')
    assert cfg.to_dict() == {'launcher': 'none'}


@pytest.mark.parametrize(('settings', 'sync_bn'), [({}, 'torch'), ({'sync_bn': None}, None)])
def test_cuda_converts_batch_norm_unless_the_config_says_otherwise(on_device, settings, sync_bn):
    on_device('cuda')
    cfg = Config(settings)
    configure_launcher(cfg, 'pytorch')
    assert cfg.sync_bn == sync_bn
    assert 'model_wrapper_cfg' not in cfg


def test_cpu_uses_gloo_and_no_device_ids(on_device, monkeypatch):
    on_device('cpu')
    started = []
    monkeypatch.setattr(torch.distributed, 'is_initialized', lambda: bool(started))
    monkeypatch.setattr(torch.distributed, 'init_process_group', started.append)
    cfg = Config(
        {
            'env_cfg': {'cudnn_benchmark': True, 'dist_cfg': {'backend': 'nccl'}},
            'custom_hooks': [{'type': 'EpochSeedHook'}],
        }
    )
    configure_launcher(cfg, 'pytorch')
    configure_launcher(Config({}), 'pytorch')  # the group is made once
    assert started == ['gloo']
    assert cfg.env_cfg.dist_cfg.backend == 'gloo'
    assert cfg.env_cfg.cudnn_benchmark
    assert cfg.model_wrapper_cfg.device_ids is None
    assert [hook.type for hook in cfg.custom_hooks] == ['EpochSeedHook', 'SyncBuffersHook']
    assert 'sync_bn' not in cfg


def test_cpu_refuses_launchers_that_need_an_accelerator(on_device):
    on_device('cpu')
    with pytest.raises(UserError, match=r"'slurm'.*dist_train\.sh"):
        configure_launcher(Config({}), 'slurm')
