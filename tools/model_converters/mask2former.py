"""Converts a Mask2Former checkpoint of MMSegmentation, MMDetection or Hugging Face transformers.

The output is for ``load_from`` in configs with a Mask2FormerBackbone. A report shows what happened to each tensor.
"""

import argparse
import sys
from collections.abc import Sequence

from mtcp_mm.cli import tool
from mtcp_mm.model_converters.mask2former import convert_checkpoint, format_report


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('src', metavar='SRC', help='.pth, .bin, .safetensors, .index.json, or a Hugging Face folder')
    parser.add_argument('out', metavar='OUT', help='file to write (.pth)')
    parser.add_argument(
        '--each', action='store_true', help='list every tensor (default: one line for layers of a kind)'
    )
    return parser.parse_args(argv)


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Converts the checkpoint, and prints what happened to each tensor."""
    conversion = convert_checkpoint(args.src, args.out)
    print(format_report(conversion, args.src, args.each))
    print(f'\n{args.out}: written, {len(conversion.tensors)} of the {conversion.total} tensors of the backbone')


if __name__ == '__main__':
    sys.exit(main())
