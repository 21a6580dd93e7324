"""Shared by ``tools/train.py`` and ``tools/test.py``: arguments, config, processes."""

import argparse
import os
from pathlib import Path

import torch.distributed
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.runner import Runner
from mmseg.registry import RUNNERS

from mtcp_mm.engine.config import read_config
from mtcp_mm.utils import UserError, make_folder

from .arguments import add_config_options, require_file


def add_launch_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options that all OpenMMLab launchers have.

    Args:
        parser: Receives ``--work-dir``, ``--cfg-options``, ``--launcher`` and ``--local-rank``.
    """
    parser.add_argument('--work-dir', help='folder of logs, checkpoints and metrics')
    add_config_options(parser, 'model.neck.0.channels=64, key="[a,b]" for a list, without spaces')
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='job launcher',
    )
    # torch.distributed.launch passes the second spelling, older versions the first
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help=argparse.SUPPRESS)


def load_config(args: argparse.Namespace) -> Config:
    """Reads the config and applies the launch arguments to it.

    The work directory is that of the arguments, else that of the config, else ``work_dirs/<config>``.

    Args:
        args: Arguments of a parser with ``config`` and :func:`add_launch_arguments`.

    Raises:
        MissingFileError: The config does not exist.
        MissingPackageError: The config needs a package that is not installed.
        UserError: The launcher needs an accelerator, and there is none.
    """
    cfg = read_config(require_file(args.config, 'config'), args.cfg_options)
    default = os.path.join('work_dirs', Path(args.config).stem)
    cfg.work_dir = args.work_dir or cfg.get('work_dir') or default
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    configure_launcher(cfg, args.launcher)
    return cfg


def configure_launcher(cfg: Config, launcher: str) -> None:
    """Sets up the processes of a launcher for the available devices.

    On CUDA, BatchNorm is converted to SyncBatchNorm unless the config has its own ``sync_bn``.
    Without an accelerator, the processes communicate over gloo, and each has its own BatchNorm statistics, which are
    averaged after each epoch. The process group is created here: MMEngine would select a CUDA device for any backend,
    but uses a group that exists.

    Args:
        cfg: Config of a run, changed in place.
        launcher: 'none' or a launcher of MMEngine; on the CPU 'none' or 'pytorch'.

    Raises:
        UserError: The launcher does not work without an accelerator.
    """
    cfg.launcher = launcher
    if launcher == 'none':
        return
    if get_device() != 'cpu':
        cfg.setdefault('sync_bn', 'torch' if torch.cuda.is_available() else None)
        return
    if launcher != 'pytorch':
        raise UserError(
            f'launcher {launcher!r} needs an accelerator, but none is visible. On the CPU use tools/dist_train.sh or '
            'tools/dist_test.sh (launcher "pytorch").'
        )
    cfg.merge_from_dict({'env_cfg.dist_cfg': dict(backend='gloo')})
    cfg.model_wrapper_cfg = dict(
        type='MMDistributedDataParallel',
        device_ids=None,  # MMEngine's default names a CUDA device
        broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False),
    )
    hooks = cfg.get('custom_hooks') or []
    cfg.custom_hooks = [*hooks, dict(type='SyncBuffersHook')]  # SyncBatchNorm needs CUDA
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group('gloo')


def build_runner(cfg: Config) -> Runner:
    """Builds the config's ``runner_type``, by default :class:`StrictCheckpointRunner`."""
    make_folder(cfg.work_dir)
    cfg.setdefault('runner_type', 'StrictCheckpointRunner')
    return RUNNERS.build(cfg)
