import errno
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from urllib.error import URLError

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import Registry
from mmseg.registry import TRANSFORMS
from torch.utils.data import DataLoader, Dataset

from mtcp_mm.tasks import DataError
from mtcp_mm.tasks.reading import read_array
from mtcp_mm.utils import ConfigError, UnwritableError, UserError, as_user_error, translated_errors


class OneFile(Dataset):
    """Reads one file."""

    def __init__(self, path, read=read_array):
        self.path, self.read = path, read

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return self.read(self.path)


@pytest.mark.parametrize('workers', [0, 1])
def test_a_damaged_file_is_reported_by_its_message_alone(tmp_path, workers):
    """The error of the worker arrives with two tracebacks before its message."""
    path = tmp_path / 'map.png'
    path.write_bytes(b'no image')
    with pytest.raises(DataError) as expected:
        read_array(path)
    with pytest.raises(DataError) as caught, translated_errors():
        next(iter(DataLoader(OneFile(path), num_workers=workers)))
    assert str(caught.value) == str(expected.value)
    assert str(caught.value).startswith(f'{path}: cannot be read (')


def test_a_missing_file_in_a_worker_is_named(tmp_path):
    with pytest.raises(UserError) as caught, translated_errors():
        next(iter(DataLoader(OneFile(tmp_path / 'gone', open), num_workers=1)))
    assert str(caught.value) == f"[Errno 2] No such file or directory: '{tmp_path / 'gone'}'"


@pytest.mark.parametrize('workers', [0, 1])
def test_bugs_pass_unchanged(workers):
    with pytest.raises(ValueError, match='invalid literal') as caught, translated_errors():
        next(iter(DataLoader(OneFile('x', int), num_workers=workers)))
    assert type(caught.value) is ValueError


@pytest.mark.parametrize(
    'error',
    [
        IsADirectoryError(21, 'Is a directory', '/tmp'),
        ConnectionResetError(104, 'reset'),
        RuntimeError('DataLoader worker is a bug'),
        KeyError('a bug'),
    ],
)
def test_errors_that_the_user_cannot_fix_pass_unchanged(error):
    assert as_user_error(error) is None
    with pytest.raises(type(error)) as caught, translated_errors():
        raise error
    assert caught.value is error


def test_a_user_error_passes_unchanged():
    error = ConfigError('lr=-1')
    with pytest.raises(ConfigError) as caught, translated_errors():
        raise error
    assert caught.value is error


def end(*_) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize('pool', ['loader', 'executor'])
def test_a_killed_worker_has_a_remedy(pool):
    with pytest.raises(UserError, match=r'(DataLoader worker|process pool).*num_workers'), translated_errors():
        if pool == 'loader':
            next(iter(DataLoader(OneFile('', end), num_workers=1)))
        with ProcessPoolExecutor(1) as executor:
            executor.submit(end).result()


def test_settings_that_need_workers_have_a_remedy():
    with pytest.raises(UserError, match='persistent_workers option .*num_workers to 1 or more'), translated_errors():
        DataLoader([1], persistent_workers=True)


def test_a_batch_norm_of_one_value_has_a_remedy():
    with pytest.raises(UserError, match='Expected more than 1 value .*batch_size of 2 or more'), translated_errors():
        torch.nn.BatchNorm2d(4)(torch.zeros(1, 4, 1, 1))


def test_a_gpu_out_of_memory_has_a_remedy():
    error = torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has 1 GiB')
    assert str(as_user_error(error)).startswith('CUDA out of memory. Set a smaller batch_size')


def test_a_failed_download_has_a_remedy():
    error = as_user_error(URLError('Name or service not known'))
    assert 'Name or service not known' in str(error) and 'give a local file' in str(error)


@pytest.mark.parametrize('number', [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG])
@pytest.mark.parametrize(('files', 'named'), [(['log'], 'log'), ([], 'a file')])
def test_a_write_that_the_system_refuses_has_a_remedy(number, files, named):
    error = as_user_error(OSError(number, os.strerror(number), *files))
    assert isinstance(error, UnwritableError)
    assert str(error).startswith(f'{named} cannot be written ({os.strerror(number)}). Make room')


@pytest.mark.parametrize('error', [FileNotFoundError(2, 'no such file', 'a'), PermissionError(13, 'denied', 'a')])
def test_files_that_cannot_be_opened_have_the_systems_message(error):
    assert str(as_user_error(error)) == str(error)


class Part:
    """A part of a config, with a bug that one of its settings brings out."""

    def __init__(self, size, bug=None):
        if bug:
            dict(self, **bug)


@pytest.mark.parametrize(
    ('cfg', 'named'),
    [
        (dict(type='Prat', size=1), 'Prat is not in the'),
        (dict(type='Part', sizes=1), "unexpected keyword argument 'sizes'"),
        (dict(type='Part'), "missing 1 required positional argument: 'size'"),
    ],
)
def test_a_part_that_cannot_be_built_has_a_remedy(cfg, named):
    registry = Registry('part', scope='mtcp_mm')
    registry.register_module(module=Part)
    with pytest.raises(ConfigError) as caught, translated_errors():
        registry.build(cfg)
    assert named in str(caught.value) and 'Check the spelling' in str(caught.value)
    assert 'http' not in str(caught.value)


def test_a_bug_of_a_part_passes_unchanged():
    registry = Registry('part', scope='mtcp_mm')
    registry.register_module(module=Part)
    with pytest.raises(TypeError, match='not iterable') as caught, translated_errors():
        registry.build(dict(type='Part', size=1, bug=dict(a=1)))
    assert type(caught.value) is TypeError


def test_a_name_that_a_pure_python_config_imports_in_vain_has_a_remedy(tmp_path):
    path = tmp_path / 'config.py'
    path.write_text(
        'from mtcp_mm.datasets.transforms import MultiTaskFlip\n\nstep = dict(type=MultiTaskFlip)\n', encoding='utf-8'
    )
    with pytest.raises(ConfigError, match='MultiTaskFlip from mtcp_mm.*changelog'), translated_errors():
        TRANSFORMS.build(Config.fromfile(path, lazy_import=True).step)
