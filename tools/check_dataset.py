"""Reads every sample of a config's data sets, reports statistics and broken files, and draws a contact sheet."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import mtcp_mm  # noqa: F401
from mtcp_mm.cli import add_config_options, add_workers, require_file, tool, whole_number
from mtcp_mm.dataset_tools.check_dataset import REPORT, check_dataset
from mtcp_mm.dataset_tools.inspection import format_report
from mtcp_mm.engine.config import read_config


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    add_config_options(parser, 'data_root=FOLDER')
    parser.add_argument(
        '--out-dir', type=Path, help='folder of report.json and contact_sheet.png (default: work_dirs/check/CONFIG)'
    )
    add_workers(parser)
    parser.add_argument(
        '--samples', type=whole_number(0), default=6, help='samples per split on the sheet (default: %(default)s)'
    )
    parser.add_argument(
        '--seed', type=whole_number(0), default=0, help='seed of the choice of samples (default: %(default)s)'
    )
    return parser.parse_args(argv)


@tool(parse_args)
def main(args: argparse.Namespace) -> list[str]:
    """Checks the data sets, prints the report, and returns the errors in the data."""
    out_dir = args.out_dir or Path('work_dirs/check') / Path(args.config).stem
    start = time.monotonic()
    cfg = read_config(require_file(args.config, 'config'), args.cfg_options)
    report = check_dataset(cfg, out_dir, args.workers, args.samples, args.seed)
    print(format_report(report))
    for warning in report['warnings']:
        print(f'warning: {warning}')
    written = filter(None, [REPORT, report['sheet']])
    print(f'{out_dir}: {" and ".join(written)}, after {time.monotonic() - start:.0f} s')
    return report['errors']


if __name__ == '__main__':
    sys.exit(main())
