"""Serves a web page that shows the predicted maps and the point cloud of an image."""

import argparse
import signal
import sys
from collections.abc import Sequence
from threading import Event

import mtcp_mm  # noqa: F401
from mtcp_mm.apis import MultiTaskInferencer
from mtcp_mm.cli import add_network_arguments, require_network_files, tool
from mtcp_mm.utils import require_packages
from mtcp_mm.web import PACKAGES, Limits, serving
from mtcp_mm.web.server import LOCAL


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_network_arguments(parser)
    parser.add_argument(
        '--host', default=LOCAL, help=f'address to listen on; 0.0.0.0 lets other machines in (default: {LOCAL})'
    )
    parser.add_argument('--port', type=int, help='port to listen on (default: the first free one from 7860 on)')
    parser.add_argument(
        '--max-megabytes',
        type=int,
        default=Limits.megabytes,
        help='maximum size of an uploaded file (default: %(default)s)',
    )
    parser.add_argument(
        '--max-megapixels', type=int, default=Limits.megapixels, help='maximum size of an image (default: %(default)s)'
    )
    return parser.parse_args(argv)


@tool(parse_args)
def main(args: argparse.Namespace) -> None:
    """Serves the page until it is interrupted."""
    require_packages('the web page', PACKAGES)
    require_network_files(args)
    inferencer = MultiTaskInferencer(args.config, args.checkpoint, args.device, args.engine)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # deletes uploads, like Ctrl+C
    try:
        with serving(inferencer, args.host, args.port, Limits(args.max_megabytes, args.max_megapixels)) as address:
            print(f'open {address} in a browser; Ctrl+C ends it', flush=True)
            Event().wait()
    except KeyboardInterrupt:
        print('ended')


if __name__ == '__main__':
    sys.exit(main())
