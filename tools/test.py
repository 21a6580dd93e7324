"""Evaluates a checkpoint on the test set of a config, and writes metrics.json."""

import argparse
import sys
from collections.abc import Sequence

from mtcp_mm.cli import add_launch_arguments, build_runner, load_config, require_file, tool


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint file')
    add_launch_arguments(parser)
    return parser.parse_args(argv)


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Evaluates the checkpoint."""
    checkpoint = require_file(args.checkpoint, 'checkpoint')
    cfg = load_config(args)
    cfg.load_from = checkpoint
    build_runner(cfg).test()


if __name__ == '__main__':
    sys.exit(main())
