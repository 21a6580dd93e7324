"""Exports a trained network to ONNX, and compares its predictions and its speed with PyTorch on the CPU."""

import argparse
import logging
import sys
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

import mtcp_mm  # noqa: F401
from mtcp_mm.apis.export import PACKAGES, ExportableNetwork, export_onnx, find_shape
from mtcp_mm.apis.exported import Run, open_engine
from mtcp_mm.apis.inputs import find_files, is_video
from mtcp_mm.apis.network import build_network, find_network
from mtcp_mm.apis.onnx_parity import (
    COMPARED,
    TOLERANCE,
    largest_differences,
    make_images,
    mean_differences,
    median_seconds,
)
from mtcp_mm.apis.quantization import list_training_images, quantize, read_calibration
from mtcp_mm.cli import add_engine, add_network_arguments, require_network_files, tool, whole_number
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
    parser.add_argument('--int8', action='store_true', help='quantize to 8 bits, calibrated on the training images')
    parser.add_argument(
        '--reduce-range', action='store_true', help='weights of 7 bits, for x86 CPUs without VNNI instructions'
    )
    parser.add_argument('--data-root', help='folder of the data set (default: that of the config)')
    parser.add_argument('--calibration', type=Path, metavar='FOLDER', help='calibrate on the images in this folder')
    add_engine(parser)
    parser.add_argument('--opset', type=int, help='version of the ONNX operators (default: that of the exporter)')
    parser.add_argument(
        '--runs', type=whole_number(0), default=20, help='number of timed runs of each; 0 for no timing'
    )
    args = parser.parse_args(argv)
    if not args.int8 and (args.calibration or args.data_root or args.reduce_range):
        parser.error('--calibration, --data-root and --reduce-range are for quantization; add --int8')
    return args


def check_agreement(differences: Mapping[str, float], engine: str) -> None:
    """Prints the largest difference of each task.

    Raises:
        UserError: A difference is beyond the tolerance, or not a number.
    """
    for name, value in differences.items():
        print(f'{name}: largest difference {value:.1e}')
    if wrong := [name for name, value in differences.items() if not value <= TOLERANCE]:
        raise UserError(
            f'{engine} and PyTorch differ by more than {TOLERANCE} in {", ".join(wrong)}, so nothing was written; '
            f'try another --opset, --engine, or other versions of onnxscript and {engine}'
        )


def check_quantized(differences: Mapping[str, float]) -> None:
    """Prints the mean difference of each task.

    Raises:
        UserError: A prediction is not a number.
    """
    for name, value in differences.items():
        print(f'{name}: mean difference {value:.1e}')
    if wrong := [name for name, value in differences.items() if value != value]:
        raise UserError(f'{", ".join(wrong)} is not a number in 8 bits, so nothing was written; export without --int8')


def time_both(network: ExportableNetwork, run: Run, shape: tuple[int, int], runs: int, engine: str) -> None:
    """Prints the times of PyTorch and the engine for one image."""
    image = make_images(1, shape)
    with torch.no_grad():
        ours = median_seconds(lambda: network(image), runs)
    theirs = median_seconds(lambda: run(image.numpy()), runs)
    print(
        f'one image of {shape[0]}x{shape[1]}, threads: {torch.get_num_threads()}, median of {runs}: '
        f'PyTorch {1000 * ours:.1f} ms, {engine} {1000 * theirs:.1f} ms'
    )


def list_calibration(cfg: Config, folder: Path | None) -> list[Path]:
    """Lists the images for calibration: those of a folder, or else of the training set.

    Raises:
        MissingFileError: They are not there.
        UserError: There is no image.
    """
    if folder is None:
        return list_training_images(cfg)
    if not (images := [path for path in find_files(folder) if not is_video(path)]):
        raise UserError(f'{folder}: no image; give a folder of images')
    return images


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Exports the network, compares the two, and writes the file."""
    require_packages('the export', (*PACKAGES, args.engine))
    logging.getLogger('onnxscript').setLevel(logging.ERROR)  # it prints a line for each unfolded node
    require_network_files(args)
    make_folder(args.out.parent)  # exporting takes a minute
    config, checkpoint = find_network(args.config, args.checkpoint)
    cfg = read_config(config, dict(data_root=args.data_root) if args.data_root else None)
    init_default_scope(cfg.get('default_scope', 'mmseg'))
    shape = tuple(args.shape or find_shape(cfg))
    images = list_calibration(cfg, args.calibration) if args.int8 else []
    network = ExportableNetwork(build_network(cfg, checkpoint))
    content = export_onnx(network, cfg.model.tasks, shape, args.opset)
    if args.int8:
        content = quantize(content, read_calibration(images, shape), args.reduce_range)
    run = open_engine(content, list(network.tasks), args.engine)
    if args.int8:
        check_quantized(mean_differences(network, run, islice(read_calibration(images, shape), COMPARED)))
    else:
        check_agreement(largest_differences(network, run, shape), args.engine)
    atomic_write(args.out, content)
    print(f'{args.out}: {len(content) / 1e6:.1f} MB')
    if args.runs:
        time_both(network, run, shape, args.runs, args.engine)


if __name__ == '__main__':
    sys.exit(main())
