"""Prepares PASCAL-Context for several tasks, from the community's archive (PASCAL_MT, PASCALContext) or from VOC 2010.

Training reads images only: parts, normals and edges are converted into PNG files. The output folder is complete or
absent, and each of its files has been read back. A second run checks it again.
"""

import argparse
import sys
from collections.abc import Sequence

from mtcp_mm.cli import add_workers, tool
from mtcp_mm.dataset_tools.preparation import PASCAL, PASCAL_TASKS, prepare_pascal_context


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
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
    add_workers(parser)
    return parser.parse_args(argv)


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Prepares the data set, and prints a summary."""
    prepared = prepare_pascal_context(args.src, args.out, args.parts, args.context, args.workers)
    print(f'{args.out}:', '\n'.join(prepared.lines(PASCAL, PASCAL_TASKS)))


if __name__ == '__main__':
    sys.exit(main())
