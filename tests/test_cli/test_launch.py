import argparse
import errno
import os
import signal
from concurrent.futures import ProcessPoolExecutor

import pytest
import torch
from mmengine.config import Config
from torch.utils.data import DataLoader, Dataset

from mtcp_mm.cli.launch import add_launch_arguments, configure_launcher, load_config, user_errors
from mtcp_mm.engine import launch
from mtcp_mm.tasks import DataError
from mtcp_mm.tasks.reading import read_array


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
    with pytest.raises(SystemExit, match=r'no config file .*absent\.py'):
        load_config(parse(tmp_path / 'absent.py'))


def test_a_package_that_a_config_asks_for_is_named_without_a_traceback(tmp_path, monkeypatch):
    (tmp_path / 'wants_a_package.py').write_text(
        "from mtcp_mm.utils import MissingPackageError\nraise MissingPackageError('pip install it')"
    )
    (tmp_path / 'config.py').write_text("custom_imports = dict(imports=['wants_a_package'])")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(SystemExit) as caught:
        load_config(parse(tmp_path / 'config.py'))
    assert str(caught.value) == 'error: pip install it'


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
    with pytest.raises(SystemExit, match=r"'slurm'.*dist_train\.sh"):
        configure_launcher(Config({}), 'slurm')


class Damaged(Dataset):
    """Reads one file."""

    def __init__(self, path, read=read_array):
        self.path, self.read = path, read

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return self.read(self.path)


@pytest.mark.parametrize('workers', [0, 1])
def test_a_damaged_file_ends_the_program_with_the_message_alone(tmp_path, workers):
    """The worker's error reaches the program with the text of two tracebacks before the message."""
    path = tmp_path / 'map.png'
    path.write_bytes(b'no image')
    with pytest.raises(DataError) as expected:
        read_array(path)
    with pytest.raises(SystemExit) as caught, user_errors():
        next(iter(DataLoader(Damaged(path), num_workers=workers)))
    assert str(caught.value) == f'error: {expected.value}'
    assert str(caught.value).startswith(f'error: {path}: cannot be read (')


def test_a_missing_file_in_a_worker_is_named_without_a_traceback(tmp_path):
    with pytest.raises(SystemExit) as caught, user_errors():
        next(iter(DataLoader(Damaged(tmp_path / 'gone', open), num_workers=1)))
    assert str(caught.value) == f"error: [Errno 2] No such file or directory: '{tmp_path / 'gone'}'"


@pytest.mark.parametrize('workers', [0, 1])
def test_other_errors_keep_their_traceback(workers):
    with pytest.raises(ValueError, match='invalid literal'), user_errors():
        next(iter(DataLoader(Damaged('x', int), num_workers=workers)))


@pytest.mark.parametrize('error', [IsADirectoryError(21, 'Is a directory', '/tmp'), ConnectionResetError(104, 'reset')])
def test_what_only_the_code_can_mend_keeps_its_traceback(error):
    with pytest.raises(type(error)), user_errors():
        raise error


def end(*_) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize('pool', ['loader', 'executor'])
def test_a_killed_worker_ends_the_program_with_a_remedy(pool):
    with pytest.raises(SystemExit, match=r'error: .*(DataLoader worker|process pool).*num_workers'), user_errors():
        if pool == 'loader':
            next(iter(DataLoader(Damaged('', end), num_workers=1)))
        with ProcessPoolExecutor(1) as executor:
            executor.submit(end).result()


def test_settings_that_want_workers_end_the_program_with_a_remedy():
    with pytest.raises(SystemExit, match='error: persistent_workers option .*num_workers to 1 or more'), user_errors():
        DataLoader([1], persistent_workers=True)


def test_a_batch_norm_of_one_value_ends_the_program_with_a_remedy():
    with pytest.raises(SystemExit, match='error: Expected more than 1 value .*batch_size of 2 or more'), user_errors():
        torch.nn.BatchNorm2d(4)(torch.zeros(1, 4, 1, 1))


def test_what_is_no_lost_worker_keeps_its_traceback():
    with pytest.raises(RuntimeError, match='DataLoader worker is a bug'), user_errors():
        raise RuntimeError('DataLoader worker is a bug')


def test_where_the_system_refuses_to_write_the_remedy_is_said():
    with pytest.raises(SystemExit) as caught, user_errors():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert str(caught.value).startswith('error: a file cannot be written (No space left on device). Make room')
