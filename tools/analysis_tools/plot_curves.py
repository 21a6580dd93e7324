"""Draws a training's losses, task weights and validation metrics as one image."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import mtcp_mm  # noqa: F401
from mtcp_mm.cli import tool
from mtcp_mm.visualization import read_training_log, write_curves


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('work_dir', type=Path, help='work directory of a training; its resumed runs are joined')
    parser.add_argument('--out', type=Path, help='image to write (default: WORK_DIR/curves.png)')
    return parser.parse_args(argv)


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Draws the curves, and prints the name of the image."""
    out = args.out or args.work_dir / 'curves.png'
    write_curves(read_training_log(args.work_dir), out)
    print(out)


if __name__ == '__main__':
    sys.exit(main())
