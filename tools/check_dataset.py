"""Reads every sample of a config's data sets: says what is in them, names broken files, draws a contact sheet."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import DictAction

import mtcp_mm  # noqa: F401
from mtcp_mm.cli.exit_status import exit_status
from mtcp_mm.cli.launch import require_file
from mtcp_mm.dataset_tools.check_dataset import REPORT, check_dataset
from mtcp_mm.dataset_tools.inspection import format_report
from mtcp_mm.engine.config import read_config
from mtcp_mm.utils import usable_cores


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='settings of the config to override, as key=value: data_root=FOLDER',
    )
    parser.add_argument(
        '--out-dir', type=Path, help='folder of report.json and contact_sheet.png (default: work_dirs/check/CONFIG)'
    )
    parser.add_argument(
        '--workers', type=int, default=usable_cores(), help='number of processes (default: the cores, here %(default)s)'
    )
    parser.add_argument('--samples', type=int, default=6, help='samples of each split on the sheet (default: 6)')
    parser.add_argument('--seed', type=int, default=0, help='which samples (default: 0)')
    args = parser.parse_args(argv)
    for name, least in (('workers', 1), ('samples', 0), ('seed', 0)):
        if getattr(args, name) < least:
            parser.error(f'--{name} has to be {least} or more')
    return args


def run(args: argparse.Namespace) -> list[str]:
    """Checks, prints what was found, and returns the errors in the data."""
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


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit status: 0, or 1 where anything went wrong, which is said on the standard error."""
    return exit_status(run, parse_args(argv))


if __name__ == '__main__':
    sys.exit(main())
