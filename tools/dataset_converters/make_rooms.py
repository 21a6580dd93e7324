"""Renders the Rooms data set into a folder, in the NYUD_MT or the PASCAL_MT layout."""

import argparse
import sys
from collections.abc import Sequence

from mtcp_mm.cli import add_workers, tool
from mtcp_mm.rooms import LAYOUTS, RoomsParameters, write_rooms


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', metavar='OUT', help='folder to write; must be new or empty, or hold the same data set')
    parser.add_argument('--train', type=int, required=True, help='number of training images')
    parser.add_argument('--val', type=int, required=True, help='number of validation images')
    parser.add_argument('--height', type=int, required=True, help='rows of the images')
    parser.add_argument('--width', type=int, required=True, help='columns of the images')
    parser.add_argument('--seed', type=int, required=True, help='the same seed gives the same bytes')
    parser.add_argument(
        '--layout', choices=LAYOUTS, default='nyud', help='data set whose folders to follow (default: %(default)s)'
    )
    add_workers(parser)
    return parser.parse_args(argv)


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Renders the data set, and prints the result."""
    parameters = RoomsParameters(args.train, args.val, args.height, args.width, args.seed, args.layout)
    written = write_rooms(args.out, parameters, args.workers)
    state = 'written' if written else 'already complete'
    print(f'{args.out}: {args.train} training and {args.val} validation rooms, {state}.')


if __name__ == '__main__':
    sys.exit(main())
