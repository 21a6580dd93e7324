"""Draws a training's losses, task weights and validation metrics as one picture."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import mtcp_mm  # noqa: F401
from mtcp_mm.visualization import draw_curves, read_training_log


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('work_dir', type=Path, help='work directory of a training; its resumed runs are joined')
    parser.add_argument('--out', type=Path, help='picture to write (default: WORK_DIR/curves.png)')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status."""
    args = parse_args(argv)
    out = args.out or args.work_dir / 'curves.png'
    try:
        figure = draw_curves(read_training_log(args.work_dir))
        out.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(out)
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    print(out)
    return 0


if __name__ == '__main__':
    sys.exit(main())
