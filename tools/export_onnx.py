"""Exports a trained network to ONNX, and compares the predictions and the speed of both on the CPU."""

import argparse
import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from mmengine.registry import init_default_scope

import mtcp_mm  # noqa: F401
from mtcp_mm.apis.export import PACKAGES, ExportableNetwork, export_onnx, find_shape
from mtcp_mm.apis.network import build_network, find_network
from mtcp_mm.apis.onnx_parity import TOLERANCE, Run, largest_differences, make_images, median_seconds, open_onnx
from mtcp_mm.cli import add_network_arguments, require_network_files, tool, whole_number
from mtcp_mm.engine.config import read_config
from mtcp_mm.utils import UserError, atomic_write, make_folder, require_packages


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('out', type=Path, metavar='OUT.onnx', help='the file to write')
    add_network_arguments(parser, device=False)
    parser.add_argument(
        '--shape',
        nargs=2,
        type=whole_number(1),
        metavar=('HEIGHT', 'WIDTH'),
        help='size of the input images (default: that of the test pipeline)',
    )
    parser.add_argument('--opset', type=int, help='version of the ONNX operators (default: that of the exporter)')
    parser.add_argument(
        '--runs', type=whole_number(0), default=20, help='number of timed runs of each; 0 for no timing'
    )
    return parser.parse_args(argv)


def check_agreement(differences: Mapping[str, float]) -> None:
    """Prints the largest difference of each task.

    Raises:
        UserError: A difference is beyond the tolerance, or not a number.
    """
    for name, value in differences.items():
        print(f'{name}: largest difference {value:.1e}')
    if wrong := [name for name, value in differences.items() if not value <= TOLERANCE]:
        raise UserError(
            f'ONNX Runtime and PyTorch differ by more than {TOLERANCE} in {", ".join(wrong)}, so nothing was written; '
            'try another --opset or other versions of onnxscript and onnxruntime'
        )


def time_both(network: ExportableNetwork, run: Run, shape: tuple[int, int], runs: int) -> None:
    """Prints the times of PyTorch and ONNX Runtime for one image."""
    image = make_images(1, shape)
    with torch.no_grad():
        ours = median_seconds(lambda: network(image), runs)
    theirs = median_seconds(lambda: run(image.numpy()), runs)
    print(
        f'one image of {shape[0]}x{shape[1]}, threads: {torch.get_num_threads()}, median of {runs}: '
        f'PyTorch {1000 * ours:.1f} ms, ONNX Runtime {1000 * theirs:.1f} ms'
    )


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Exports the network, compares the two, and writes the file."""
    require_packages('the export', PACKAGES)
    logging.getLogger('onnxscript').setLevel(logging.ERROR)  # it prints a line for each unfolded node
    require_network_files(args)
    make_folder(args.out.parent)  # exporting takes a minute
    config, checkpoint = find_network(args.config, args.checkpoint)
    cfg = read_config(config)
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    shape = tuple(args.shape or find_shape(cfg))
    network = ExportableNetwork(build_network(cfg, checkpoint))
    content = export_onnx(network, cfg.model.tasks, shape, args.opset)
    exported = open_onnx(content, torch.get_num_threads())
    check_agreement(largest_differences(network, exported, shape))
    atomic_write(args.out, content)
    print(f'{args.out}: {len(content) / 1e6:.1f} MB')
    if args.runs:
        time_both(network, exported, shape, args.runs)


if __name__ == '__main__':
    sys.exit(main())
