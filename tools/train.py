"""Trains a network from a config."""

import argparse
import sys
from collections.abc import Sequence

from mmengine.config import Config

from mtcp_mm.cli import add_launch_arguments, build_runner, load_config, require_file, tool
from mtcp_mm.engine.checkpoint import find_resume_checkpoint
from mtcp_mm.engine.optim_wrapper import replace_wrapper


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='CHECKPOINT',
        help='resume from this checkpoint; without a value (or with "auto"), from the newest one in the work directory '
        'that can be loaded',
    )
    parser.add_argument('--amp', action='store_true', help='train in bfloat16 autocast')
    add_launch_arguments(parser)
    return parser.parse_args(argv)


def set_resume(cfg: Config, resume: str | None) -> None:
    """Sets the checkpoint to resume from, if there is one.

    Raises:
        MissingFileError: The checkpoint does not exist.
        CheckpointError: The work directory has checkpoints, but none can be loaded.
    """
    if resume is None:
        return
    if resume == 'auto':
        checkpoint = find_resume_checkpoint(cfg.work_dir)
    else:
        checkpoint = require_file(resume, 'checkpoint')
    if checkpoint is None:
        print(f'No checkpoint in {cfg.work_dir} to resume from: training starts from the beginning.')
        return
    cfg.resume = True
    cfg.load_from = checkpoint


def enable_amp(cfg: Config) -> None:
    """Wraps the optimizer for bfloat16.

    Raises:
        ConfigError: The config has another wrapper than ``OptimWrapper``.
    """
    replace_wrapper(cfg.optim_wrapper, dict(type='BF16OptimWrapper'), '--amp')


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Trains the network."""
    cfg = load_config(args)
    if args.amp:
        enable_amp(cfg)
    set_resume(cfg, args.resume)
    build_runner(cfg).train()


if __name__ == '__main__':
    sys.exit(main())
