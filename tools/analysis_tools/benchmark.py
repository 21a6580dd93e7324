"""Measures what networks cost, as a whole and by part: time, memory and operations.

Several networks are measured in turn, one run of each after the other, and compared with the first.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from mmengine.device import get_device
from mmengine.logging import MMLogger

import mtcp_mm  # noqa: F401
from mtcp_mm.apis.benchmark.equality import check_equality
from mtcp_mm.apis.benchmark.forms import CONFIGURED
from mtcp_mm.apis.benchmark.loading import time_pipeline
from mtcp_mm.apis.benchmark.long_form import LONG
from mtcp_mm.apis.benchmark.measuring import measure
from mtcp_mm.apis.benchmark.parts import LOADING
from mtcp_mm.apis.benchmark.released_form import RELEASED
from mtcp_mm.apis.benchmark.report import format_networks, format_parts, format_setup, summarize
from mtcp_mm.apis.benchmark.settings import DTYPES, Settings, check_settings, memory_errors, open_device
from mtcp_mm.apis.benchmark.subject import Subject, build_subjects
from mtcp_mm.cli import add_config_options, require_file, tool, whole_number
from mtcp_mm.engine.config import read_config
from mtcp_mm.utils import UserError, atomic_write

FORMS = {form.name: form for form in (LONG, RELEASED)}


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('configs', nargs='+', metavar='CONFIG', help='config files; the first is the reference')
    parser.add_argument('--device', default=get_device(), help='cpu, cuda, cuda:1, ... (default: %(default)s)')
    parser.add_argument('--dtype', choices=DTYPES, default='float32', help='precision; a lower one is autocast')
    parser.add_argument('--batch', type=whole_number(1), help="images in a run (default: 1; with --train the config's)")
    parser.add_argument('--height', type=whole_number(1), help="height of the images (default: the test images')")
    parser.add_argument('--width', type=whole_number(1), help='width of the images')
    parser.add_argument('--train', action='store_true', help='measure training steps instead of inferences')
    parser.add_argument('--compile', action='store_true', help='compile the networks with torch.compile')
    parser.add_argument('--repeat', type=whole_number(1), default=20, help='timed runs (default: %(default)s)')
    parser.add_argument('--threads', type=whole_number(1), help="CPU threads (default: torch's)")
    parser.add_argument(
        '--against',
        choices=FORMS,
        help='measure each network in another form too: "long" computes the same without shortcuts, "released" has the '
        'shapes of the network published with the paper',
    )
    parser.add_argument('--out', type=Path, metavar='FILE.json', help='write the figures to this file too')
    add_config_options(parser, 'model.neck.1.q_stride=4')
    return parser.parse_args(argv)


def show(line: str) -> None:
    """Shows progress."""
    print(line, file=sys.stderr)


def make_settings(args: argparse.Namespace) -> Settings:
    """Reads what the benchmark is run with.

    Raises:
        UserError: The machine cannot run it.
    """
    settings = Settings(
        open_device(args.device), DTYPES[args.dtype], args.train, args.compile, args.batch, args.height, args.width
    )
    check_settings(settings)
    return settings


def build_all(args: argparse.Namespace, settings: Settings) -> list[Subject]:
    """Builds the networks; after each, its other form, if one is asked for.

    Raises:
        UserError: A config cannot be measured, or its long form computes something else.
    """
    subjects = []
    for config in args.configs:
        cfg = read_config(config, args.cfg_options)
        forms = [CONFIGURED, FORMS[args.against]] if args.against else [CONFIGURED]
        subjects += build_subjects(Path(config).stem, cfg, settings, forms)
        if args.against == LONG.name:
            found = check_equality(*subjects[-2:], settings)
            show(f'{subjects[-1].name}: equal ({", ".join(f"{name} {value:.1e}" for name, value in found.items())})')
    return subjects


def time_loading(args: argparse.Namespace, summary: dict) -> None:
    """Adds the time to load a batch to the figures of each network, where the data are at hand."""
    for config, network in zip(args.configs, summary['networks'][:: 2 if args.against else 1], strict=True):
        show(f'{network["name"]}: loading')
        try:
            steps = time_pipeline(read_config(config, args.cfg_options), args.repeat)
        except UserError as error:
            show(f'{network["name"]}: loading is left out: {error}')
        else:
            network['part_ms'][LOADING] = sum(steps.values()) * network['batch_size']
            network['loading_ms_per_sample'] = steps


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Measures the networks and prints the tables."""
    for config in args.configs:
        require_file(config, 'config')
    MMLogger.get_current_instance().setLevel('WARNING')  # it prints a line for each parameter
    if args.threads:
        torch.set_num_threads(args.threads)
    settings = make_settings(args)
    with memory_errors(settings.device):
        subjects = build_all(args, settings)
        summary = summarize(*measure(subjects, settings, args.repeat, show), settings)
    if args.train:
        time_loading(args, summary)
    print(format_setup(summary), format_networks(summary), sep='\n')
    if not args.compile:
        print(format_parts(summary))
    if args.out:
        atomic_write(args.out, json.dumps(summary, indent=2).encode())


if __name__ == '__main__':
    sys.exit(main())
