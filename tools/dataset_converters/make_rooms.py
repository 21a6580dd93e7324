"""Renders the Rooms data set into a folder, in the NYUD_MT or the PASCAL_MT layout."""

import argparse
import sys
from collections.abc import Sequence

from mtcp_mm.cli.exit_status import exit_status
from mtcp_mm.rooms import LAYOUTS, RoomsParameters, write_rooms
from mtcp_mm.utils import usable_cores


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', metavar='OUT', help='folder to write; must not hold anything else')
    parser.add_argument('--train', type=int, required=True, help='number of training images')
    parser.add_argument('--val', type=int, required=True, help='number of validation images')
    parser.add_argument('--height', type=int, required=True, help='rows of the images')
    parser.add_argument('--width', type=int, required=True, help='columns of the images')
    parser.add_argument('--seed', type=int, required=True, help='the same seed gives the same bytes')
    parser.add_argument(
        '--layout', choices=LAYOUTS, default='nyud', help='data set whose folders to follow (default: %(default)s)'
    )
    parser.add_argument(
        '--workers', type=int, default=usable_cores(), help='number of processes (default: the cores, here %(default)s)'
    )
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> None:
    """Renders, and prints what was written."""
    parameters = RoomsParameters(args.train, args.val, args.height, args.width, args.seed, args.layout)
    written = write_rooms(args.out, parameters, args.workers)
    state = 'written' if written else 'already there, left as it is'
    print(f'{args.out}: {args.train} training and {args.val} validation rooms, {state}.')


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, or 1 where anything went wrong, which is said on the standard error."""
    return exit_status(run, parse_args(argv))


if __name__ == '__main__':
    sys.exit(main())
