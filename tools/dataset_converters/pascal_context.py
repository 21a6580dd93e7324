"""Prepares PASCAL-Context for several tasks, from the community's archive (PASCAL_MT, PASCALContext) or from VOC 2010.

Training reads images only: parts, normals and edges are converted into PNG files. The output folder is complete or
absent, and every file in it was read back. A second run checks it again.
"""

import argparse
import sys
from collections.abc import Sequence

from mtcp_mm.cli.exit_status import exit_status
from mtcp_mm.dataset_tools.preparation import PASCAL, PASCAL_TASKS, prepare_pascal_context
from mtcp_mm.utils import usable_cores


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        'src', metavar='SRC', help='tar or zip archive, unpacked folder, or (with --parts) VOCdevkit/VOC2010'
    )
    parser.add_argument(
        'out',
        metavar='OUT',
        help='folder to write; must not hold anything else. SRC itself converts an unpacked archive in place',
    )
    parser.add_argument('--parts', metavar='FOLDER', help="PASCAL-Part's Annotations_Part, if SRC is VOC 2010")
    parser.add_argument(
        '--context', metavar='FOLDER', help="PASCAL-Context's trainval, if SRC is VOC 2010; edges come from it"
    )
    parser.add_argument(
        '--workers', type=int, default=usable_cores(), help='number of processes (default: the cores, here %(default)s)'
    )
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> None:
    """Prepares, and prints what is there."""
    prepared = prepare_pascal_context(args.src, args.out, args.parts, args.context, args.workers)
    print(f'{args.out}:', '\n'.join(prepared.lines(PASCAL, PASCAL_TASKS)))


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, or 1 where anything went wrong, which is said on the standard error."""
    return exit_status(run, parse_args(argv))


if __name__ == '__main__':
    sys.exit(main())
