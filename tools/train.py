"""Trains a network from a config."""

import argparse

from mmengine.config import Config
from mmengine.optim import OptimWrapper
from mmseg.registry import OPTIM_WRAPPERS

from mtcp_mm.cli.launch import add_launch_arguments, build_runner, load_config, require_file, user_errors
from mtcp_mm.engine.checkpoint import find_resume_checkpoint
from mtcp_mm.engine.optim_wrapper import BF16OptimWrapper
from mtcp_mm.utils import resolve_type


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        metavar='CHECKPOINT',
        help='go on from this checkpoint; without a value (or "auto"), from the newest of the '
        'work directory that loads',
    )
    parser.add_argument('--amp', action='store_true', help='train in bfloat16 autocast')
    add_launch_arguments(parser)
    return parser.parse_args()


def set_resume(cfg: Config, resume: str | None) -> None:
    """Names the checkpoint to go on from; without one the run starts from the beginning."""
    if resume is None:
        return
    if resume == 'auto':
        checkpoint = find_resume_checkpoint(cfg.work_dir)
    else:
        checkpoint = require_file(resume, 'checkpoint')
    if checkpoint is None:
        print(f'No checkpoint in {cfg.work_dir} to resume from: training starts anew.')
        return
    cfg.resume = True
    cfg.load_from = checkpoint


def enable_amp(cfg: Config) -> None:
    """Wraps the optimizer for bfloat16, if the config has a plain one."""
    wrapper = resolve_type(dict(type=cfg.optim_wrapper.get('type', OptimWrapper)), OPTIM_WRAPPERS)
    if wrapper not in (OptimWrapper, BF16OptimWrapper):
        raise SystemExit(f'error: --amp replaces OptimWrapper, and the config has {wrapper.__name__}: leave out --amp.')
    cfg.optim_wrapper.type = 'BF16OptimWrapper'


def main() -> None:
    args = parse_args()
    cfg = load_config(args)
    if args.amp:
        enable_amp(cfg)
    with user_errors():
        set_resume(cfg, args.resume)
        build_runner(cfg).train()


if __name__ == '__main__':
    main()
