"""Exports a trained network to ONNX, and compares its predictions and its speed with PyTorch on the CPU."""

import argparse
import logging
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

import mtcp_mm  # noqa: F401
from mtcp_mm.apis.export import PACKAGES, ExportableNetwork, export_onnx, find_shape
from mtcp_mm.apis.exported import Run, open_engine
from mtcp_mm.apis.inputs import find_images
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
    parser.add_argument('--data-root', help='folder of the data set with the training images (default: as in the config)')
    parser.add_argument('--calibration', type=Path, metavar='FOLDER', help='calibrate on the images in this folder')
    add_engine(parser)
    parser.add_argument('--opset', type=int, help='version of the ONNX operators (default: that of the exporter)')
    parser.add_argument(
        '--runs', type=whole_number(0), default=20, help='number of timed runs of each; 0 for no timing'
    )
    args = parser.parse_args(argv)
    if not args.int8 and (args.calibration or args.data_root):
        parser.error('--calibration and --data-root are for quantization; add --int8')
    return args
