"""Makes a small checkpoint for prediction from that of a training: weights alone, in half precision."""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import torch

from mtcp_mm.cli import tool
from mtcp_mm.model_converters.publishing import slim_checkpoint
from mtcp_mm.utils import atomic_write


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('src', metavar='SRC', help='checkpoint that a training saved')
    parser.add_argument('out', metavar='OUT', type=Path, help='file to write (.pth)')
    return parser.parse_args(argv)


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Writes the file, and prints its size and checksum."""
    content = BytesIO()
    torch.save(slim_checkpoint(args.src), content)
    atomic_write(args.out, content.getvalue())
    digest = hashlib.sha256(content.getvalue()).hexdigest()
    print(f'{args.out}: {len(content.getvalue()) / 1e6:.1f} MB, sha256 {digest}')


if __name__ == '__main__':
    sys.exit(main())
