"""Prepares NYUD-v2 from the community's archive (NYUD_MT, NYUDv2) or from the official nyu_depth_v2_labeled.mat.

The output folder is complete or absent, and each of its files has been read back. A second run checks it again.
"""

import argparse
import sys
from collections.abc import Sequence

from mtcp_mm.cli import add_workers, tool
from mtcp_mm.dataset_tools.preparation import NYUD, NYUD_TASKS, prepare_nyud


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('src', metavar='SRC', help='tar or zip archive, unpacked folder, or nyu_depth_v2_labeled.mat')
    parser.add_argument('out', metavar='OUT', help='folder to write; must not hold anything else')
    parser.add_argument('--splits', metavar='FILE', help='official splits.mat (for nyu_depth_v2_labeled.mat)')
    parser.add_argument(
        '--class-mapping',
        metavar='FILE',
        help='classMapping40.mat, from 894 classes to 40 (for nyu_depth_v2_labeled.mat)',
    )
    parser.add_argument(
        '--no-crop',
        dest='crop',
        action='store_false',
        help='keep the whole 480x640 frames of nyu_depth_v2_labeled.mat (default: rows 45 to 470 and columns 41 to '
        '600, where image and depth are known, as in the frames of NYUD_MT)',
    )
    add_workers(parser)
    return parser.parse_args(argv)


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Prepares the data set, and prints a summary."""
    prepared = prepare_nyud(args.src, args.out, args.splits, args.class_mapping, args.crop, args.workers)
    print(f'{args.out}:', '\n'.join(prepared.lines(NYUD, NYUD_TASKS)))


if __name__ == '__main__':
    sys.exit(main())
