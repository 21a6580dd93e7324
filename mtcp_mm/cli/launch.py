"""What ``tools/train.py`` and ``tools/test.py`` share: arguments, config, processes."""

import argparse
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch.distributed
from mmengine.config import Config, DictAction
from mmengine.device import get_device
from mmengine.runner import Runner
from mmseg.registry import RUNNERS

from mtcp_mm.engine.config import read_config
from mtcp_mm.models.losses import NonFiniteLossError
from mtcp_mm.utils import MissingPackageError, UserError, explain, is_refused, make_folder

from .exit_status import quiet_writers

USER_ERRORS = (UserError, FileNotFoundError, PermissionError, MissingPackageError, NonFiniteLossError)
LOST_WORKER = (
    'Where memory ran out, set a smaller num_workers or batch_size of the loader; where a file or a drive does not '
    'answer, num_workers=0 shows which'
)
REMEDIES = {
    r'DataLoader worker \(pid\D+[\d, ]+\) (?:is killed|exited)[^.]*': LOST_WORKER,
    r'DataLoader timed out after[^.]*': LOST_WORKER,
    r'A process in the process pool was terminated[^.]*': LOST_WORKER,
    r'(?:persistent_workers|prefetch_factor) option.*': 'Set it to False or None, or num_workers to 1 or more',
    r'Expected more than 1 value per channel when training.*': 'BatchNorm has one pixel of one image to work on; train '
    'on larger images, or with a batch_size of 2 or more',
}
"""Remedies for what PyTorch and Python say of a user's settings or machine, by the pattern of their message."""


def add_launch_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options that every launcher of the OpenMMLab family has.

    Args:
        parser: Receives ``--work-dir``, ``--cfg-options``, ``--launcher`` and ``--local-rank``.
    """
    parser.add_argument('--work-dir', help='folder of logs, checkpoints and metrics')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='settings of the config to override, as key=value: model.neck.0.channels=64, '
        'key="[a,b]" for a list, without spaces',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='job launcher',
    )
    # torch.distributed.launch passes the second spelling, older ones the first
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help=argparse.SUPPRESS)


def require_file(path: str, what: str) -> str:
    """Gives the path back if it is a file.

    Args:
        path: Path that a user gave.
        what: What the file is, for the message ('config', 'checkpoint').

    Raises:
        SystemExit: If there is no such file; a message without traceback.
    """
    if not Path(path).is_file():
        raise SystemExit(
            f'error: no {what} file {path!r} (looked in {Path.cwd()}). Check the spelling; '
            'relative paths start from the current folder.'
        )
    return path


def load_config(args: argparse.Namespace) -> Config:
    """Reads the config and applies the launch arguments to it.

    The work directory is, in this order: the argument, the config's own, ``work_dirs/<config>``.

    Args:
        args: Arguments of a parser with ``config`` and :func:`add_launch_arguments`.

    Raises:
        SystemExit: If the config does not exist, or a package that it asks for.
    """
    with user_errors():
        cfg = read_config(require_file(args.config, 'config'), args.cfg_options)
    default = os.path.join('work_dirs', Path(args.config).stem)
    cfg.work_dir = args.work_dir or cfg.get('work_dir') or default
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    configure_launcher(cfg, args.launcher)
    return cfg


def configure_launcher(cfg: Config, launcher: str) -> None:
    """Sets up the processes of a launcher for the devices at hand.

    On CUDA, BatchNorm is converted to SyncBatchNorm unless the config has its own ``sync_bn``.
    Without an accelerator the processes talk over gloo: mmengine's own start selects a CUDA
    device whatever the backend, so the group is made here and mmengine finds it made. They train
    with BatchNorm statistics of their own, averaged after each epoch.

    Args:
        cfg: Config of a run, changed in place.
        launcher: 'none' or a launcher of mmengine; on the CPU 'none' or 'pytorch'.

    Raises:
        SystemExit: If the launcher does not work without an accelerator.
    """
    cfg.launcher = launcher
    if launcher == 'none':
        return
    if get_device() != 'cpu':
        cfg.setdefault('sync_bn', 'torch' if torch.cuda.is_available() else None)
        return
    if launcher != 'pytorch':
        raise SystemExit(
            f'error: launcher {launcher!r} needs an accelerator, and none is visible. On the CPU '
            'use tools/dist_train.sh or tools/dist_test.sh (launcher "pytorch").'
        )
    cfg.merge_from_dict({'env_cfg.dist_cfg': dict(backend='gloo')})
    cfg.model_wrapper_cfg = dict(
        type='MMDistributedDataParallel',
        device_ids=None,  # mmengine's default names a CUDA device
        broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False),
    )
    hooks = cfg.get('custom_hooks') or []
    cfg.custom_hooks = [*hooks, dict(type='SyncBuffersHook')]  # SyncBatchNorm is for CUDA only
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group('gloo')


@contextmanager
def user_errors() -> Iterator[None]:
    """Ends the program with the message alone where the remedy is the user's, not the code's."""
    try:
        with quiet_writers():
            yield
    except USER_ERRORS as error:
        raise SystemExit(f'error: {message_of(error)}') from None
    except OSError as error:
        if not is_refused(error):
            raise
        raise SystemExit(f'error: {message_of(error)}') from None
    except (RuntimeError, ValueError) as error:
        found = ((re.match(pattern, str(error)), remedy) for pattern, remedy in REMEDIES.items())
        said, remedy = next((pair for pair in found if pair[0]), (None, None))
        if not said:
            raise
        raise SystemExit(f'error: {said[0]}. {remedy}.') from None


def message_of(error: Exception) -> str:
    """Returns an error's message; of an error in a DataLoader's worker, what its traceback ends with."""
    text = explain(error)
    if text.startswith(f'Caught {type(error).__name__} in DataLoader worker'):
        return text.rpartition(f'{type(error).__name__}: ')[2].strip()
    return text


def build_runner(cfg: Config) -> Runner:
    """Builds the config's ``runner_type``, or without one :class:`StrictCheckpointRunner`."""
    make_folder(cfg.work_dir)
    cfg.setdefault('runner_type', 'StrictCheckpointRunner')
    return RUNNERS.build(cfg)
