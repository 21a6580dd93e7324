"""Arguments that several tools share."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import DictAction

from mtcp_mm.apis.exported import DEFAULT_ENGINE, ENGINES
from mtcp_mm.apis.model_zoo import DEFAULT
from mtcp_mm.utils import MissingFileError, usable_cores


def whole_number(least: int) -> Callable[[str], int]:
    """Returns a ``type`` for an argument that takes whole numbers from ``least`` on."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise ArgumentTypeError(f'{text!r} is not a whole number of {least} or more')
        return number

    return read


def add_workers(parser: ArgumentParser) -> None:
    """Adds ``--workers``."""
    parser.add_argument(
        '--workers',
        type=whole_number(1),
        default=usable_cores(),
        help='number of processes (default: one per core, here %(default)s)',
    )


class ConfigOptions(DictAction):
    """Reads ``key=value`` as MMEngine does, and says which argument has another form."""

    def __call__(self, parser: ArgumentParser, namespace: Namespace, values: Sequence[str], *args: Any) -> None:
        """Reads the values of the option."""
        for value in values:
            if '=' not in value:
                parser.error(f'argument {self.option_strings[0]}: {value!r} is not key=value')
        super().__call__(parser, namespace, values, *args)


def add_config_options(parser: ArgumentParser, example: str) -> None:
    """Adds ``--cfg-options``.

    Args:
        parser: Receives the option.
        example: A setting as an example, for the help.
    """
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        help=f'settings of the config to override, as key=value: {example}',
    )


def add_network_arguments(parser: ArgumentParser, device: bool = True) -> None:
    """Adds ``--config``, ``--checkpoint``, ``--device`` and ``--engine``, which :class:`MultiTaskInferencer` takes.

    Args:
        parser: Receives the options.
        device: Whether the network runs on a device or in an engine that the user chooses.
    """
    parser.add_argument(
        '--config', default=DEFAULT, help='config of the network, or name of a shipped model (default: %(default)s)'
    )
    exported = ', or an exported network, NETWORK.onnx' if device else ''
    parser.add_argument('--checkpoint', help=f'checkpoint of the network (default: that of the named model){exported}')
    if device:
        parser.add_argument('--device', help='cpu, cuda, cuda:1, ... (default: the best available)')
        add_engine(parser)


def add_engine(parser: ArgumentParser) -> None:
    """Adds ``--engine``."""
    parser.add_argument(
        '--engine', choices=ENGINES, default=DEFAULT_ENGINE, help='what runs an exported network (default: %(default)s)'
    )


def require_network_files(args: Namespace) -> None:
    """Checks that the files of :func:`add_network_arguments` exist, before anything that takes time.

    Raises:
        MissingFileError: A file does not exist.
    """
    if Path(args.config).suffix:  # the name of a shipped model has none
        require_file(args.config, 'config')
    if args.checkpoint:
        require_file(args.checkpoint, 'checkpoint')


def require_file(path: str, kind: str) -> str:
    """Returns the path if it is a file.

    Args:
        path: Path given by the user.
        kind: Kind of file, for the message ('config', 'checkpoint').

    Raises:
        MissingFileError: There is no such file.
    """
    if Path(path).is_dir():
        raise MissingFileError(f'{path} is a folder; give a {kind} file')
    if not Path(path).is_file():
        raise MissingFileError(
            f'no {kind} file {path!r} (looked in {Path.cwd()}). Check the spelling; relative paths start from the '
            'current folder.'
        )
    return path
