"""Makes of a training's checkpoint a small file for predictions: without optimizer and history, in half precision."""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from mtcp_mm.engine.checkpoint import load_checkpoint_file, slim_checkpoint


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('src', metavar='SRC', help='checkpoint that a training saved')
    parser.add_argument('out', metavar='OUT', help='file to write (.pth)')
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    args = parse_args(argv)
    try:
        torch.save(slim_checkpoint(load_checkpoint_file(args.src), args.src), args.out)
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 1
    written = Path(args.out).read_bytes()
    print(f'{args.out}: {len(written) / 1e6:.1f} MB, sha256 {hashlib.sha256(written).hexdigest()}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
