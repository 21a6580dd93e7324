"""How the tools that predict are told which trained network to take."""

import argparse
from pathlib import Path

from mtcp_mm.apis.model_zoo import DEFAULT
from mtcp_mm.cli.launch import require_file


def add_network_arguments(parser: argparse.ArgumentParser, device: bool = True) -> None:
    """Adds ``--config``, ``--checkpoint`` and ``--device``, which :class:`MultiTaskInferencer` takes.

    Args:
        parser: Receives them.
        device: Whether there is a choice of devices.
    """
    parser.add_argument(
        '--config', default=DEFAULT, help='config of the network, or name of one of the package (default: %(default)s)'
    )
    parser.add_argument('--checkpoint', help='checkpoint of the network (default: that of the named one)')
    if device:
        parser.add_argument('--device', help='cpu, cuda, cuda:1, ... (default: the best at hand)')


def require_network_files(args: argparse.Namespace) -> None:
    """Checks that the files that are named are there, which takes no time, before anything is built.

    Raises:
        SystemExit: One is not; a message without traceback.
    """
    if Path(args.config).suffix:  # a name has none
        require_file(args.config, 'config')
    if args.checkpoint:
        require_file(args.checkpoint, 'checkpoint')
