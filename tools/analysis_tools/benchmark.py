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
from mtcp_mm.apis.benchmark.forms import CONFIGURED
from mtcp_mm.apis.benchmark.long_form import LONG
from mtcp_mm.apis.benchmark.measuring import measure
from mtcp_mm.apis.benchmark.released_form import RELEASED
from mtcp_mm.apis.benchmark.report import format_networks, format_parts, summarize
from mtcp_mm.apis.benchmark.settings import DTYPES, Settings, check_settings, open_device
from mtcp_mm.apis.benchmark.subject import build_subjects
from mtcp_mm.cli import add_config_options, require_file, tool, whole_number
from mtcp_mm.engine.config import read_config
from mtcp_mm.utils import atomic_write

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


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Measures the networks and prints the tables."""
    for config in args.configs:
        require_file(config, 'config')
    if args.threads:
        torch.set_num_threads(args.threads)
    settings = Settings(
        open_device(args.device), DTYPES[args.dtype], args.train, args.compile, args.batch, args.height, args.width
    )
    check_settings(settings)
    MMLogger.get_current_instance().setLevel('WARNING')  # it prints a line for each parameter
    forms = [CONFIGURED, FORMS[args.against]] if args.against else [CONFIGURED]
    subjects = []
    for config in args.configs:
        cfg = read_config(config, args.cfg_options)
        subjects += build_subjects(Path(config).stem, cfg, settings, forms)
    measurements, rates = measure(subjects, settings, args.repeat, lambda line: print(line, file=sys.stderr))
    summary = summarize(measurements, rates, settings, {})
    print(summary['machine'])
    print(format_networks(summary))
    print(format_parts(summary))
    if args.out:
        atomic_write(args.out, json.dumps(summary, indent=2).encode())


if __name__ == '__main__':
    sys.exit(main())
