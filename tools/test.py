"""Evaluates a checkpoint, or an exported network, on the test set of a config, and writes metrics.json."""

import argparse
import sys
from collections.abc import Sequence

from mtcp_mm.apis.network import set_weights
from mtcp_mm.cli import add_engine, add_launch_arguments, build_runner, load_config, require_file, tool


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint file, or an exported network, NETWORK.onnx')
    add_launch_arguments(parser)
    add_engine(parser)
    return parser.parse_args(argv)


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Evaluates the checkpoint."""
    checkpoint = require_file(args.checkpoint, 'checkpoint')
    cfg = load_config(args)
    set_weights(cfg, checkpoint, args.engine)
    build_runner(cfg).test()


if __name__ == '__main__':
    sys.exit(main())
