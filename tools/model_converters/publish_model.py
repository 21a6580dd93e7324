"""Makes of a training's checkpoint a small file for predictions: without optimizer and history, in half precision."""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import torch

from mtcp_mm.engine.checkpoint import load_checkpoint_file, slim_checkpoint
from mtcp_mm.utils import write_whole


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('src', metavar='SRC', help='checkpoint that a training saved')
    parser.add_argument('out', metavar='OUT', type=Path, help='file to write (.pth)')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    content = BytesIO()
    try:
        torch.save(slim_checkpoint(load_checkpoint_file(args.src), args.src), content)
        write_whole(args.out, content.getvalue())
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    digest = hashlib.sha256(content.getvalue()).hexdigest()
    print(f'{args.out}: {len(content.getvalue()) / 1e6:.1f} MB, sha256 {digest}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
