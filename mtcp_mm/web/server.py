"""Serves the page, by default to this machine alone."""

import errno
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mtcp_mm.apis import MultiTaskInferencer
from mtcp_mm.utils import UserError

if TYPE_CHECKING:
    import gradio

LOCAL = '127.0.0.1'
FOLDER = 'GRADIO_TEMP_DIR'
REFUSED = ('=http:', '=https:', '/http:', '/https:')
REST_OF_REQUEST = 1_000_000
"""Bytes of a request in addition to the uploaded file."""
HOST_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.EIO)
"""Errors of the host, such as a full disk, that no request causes."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """Limits of an upload.

    Args:
        megabytes: Maximum size of the file.
        megapixels: Maximum size of the image. The maps of three tasks take about 30 bytes per pixel.
    """

    megabytes: int = 30
    megapixels: int = 30


class NoFetching:
    """ASGI middleware that refuses requests for files on other hosts, which gradio would fetch for any client.

    Args:
        app: The application behind it.
    """

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        from starlette.responses import PlainTextResponse

        refused = scope['type'] == 'http' and any(part in scope['path'] for part in REFUSED)
        answer = PlainTextResponse('files of other hosts are not passed on', 403) if refused else self.app
        await answer(scope, receive, send)


class BodyLimit:
    """ASGI middleware that limits the size of requests, which gradio would keep in memory.

    Args:
        app: The application behind it.
        max_bytes: Maximum size of a request's body.
    """

    def __init__(self, app, max_bytes: int) -> None:
        self.app, self.max_bytes = app, max_bytes

    async def __call__(self, scope, receive, send) -> None:
        from starlette.responses import PlainTextResponse

        declared = dict(scope.get('headers', ())).get(b'content-length', b'0')
        if declared.isdigit() and int(declared) > self.max_bytes:
            reason = f'a request of {int(declared)} bytes, and at most {self.max_bytes} are accepted'
            await PlainTextResponse(reason, 413)(scope, receive, send)
            return
        received = 0

        async def receive_some() -> dict:
            nonlocal received
            message = await receive()
            received += len(message.get('body', b''))
            return message if received <= self.max_bytes else dict(type='http.disconnect')

        await self.app(scope, receive_some, send)


class BadRequests:
    """ASGI middleware that answers malformed requests with status 400.

    A null byte in a path, a file without a name, a function that does not exist: gradio would answer each with status
    500 and a traceback in the log.

    Args:
        app: The application behind it.
    """

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        from starlette.responses import PlainTextResponse

        started = False

        async def send_and_note(message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        except Exception as error:
            if scope['type'] != 'http' or isinstance(error, MemoryError) or getattr(error, 'errno', 0) in HOST_ERRNOS:
                raise
            logger.warning('refused: %s %.100r (%s)', scope['method'], scope['path'], type(error).__name__)
            logger.debug('because of', exc_info=True)
            if started:
                await send(dict(type='http.response.body'))
            else:
                reason = 'this request cannot be answered: its path, names or data are invalid'
                await PlainTextResponse(reason, 400)(scope, receive, send)


@contextmanager
def private_folder() -> Iterator[None]:
    """Within this context, gradio stores its files in a temporary folder that only this user can read."""
    before = os.environ.get(FOLDER)
    with TemporaryDirectory(prefix='mtcp_mm_') as folder:
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]
            if before is not None:
                os.environ[FOLDER] = before


@contextmanager
def serving(
    inferencer: MultiTaskInferencer, host: str = LOCAL, port: int | None = None, limits: Limits | None = None
) -> Iterator[str]:
    """Serves the page of a network while the context lasts, and yields its address.

    No file of the host can be reached, and no other host is contacted. Uploads and predictions are stored in a
    temporary folder that only this user can read. A process can serve one page.

    Args:
        inferencer: The network.
        host: Address to listen on: by default for this machine alone; ``'0.0.0.0'`` lets other machines in.
        port: Port to listen on; by default the first free one from 7860 on.
        limits: Limits of an upload.

    Raises:
        UserError: The server cannot listen on the address.
    """
    with private_folder():
        from .page import PAGE_STYLE, build_page  # gradio's components remember the folder

        limits = limits or Limits()
        page = build_page(inferencer, limits.megapixels * 1_000_000)
        try:
            yield start(page, PAGE_STYLE, host, port, limits.megabytes * 1_000_000)
        finally:
            page.close(verbose=False)


def start(page: 'gradio.Blocks', css: str, host: str, port: int | None, max_bytes: int) -> str:
    """Starts the server of a page in another thread and returns its address; see :func:`serving`.

    Raises:
        UserError: The server cannot listen on the address.
    """
    from starlette.middleware import Middleware

    body = Middleware(BodyLimit, max_bytes=max_bytes + REST_OF_REQUEST)
    middleware = [Middleware(BadRequests), body, Middleware(NoFetching)]
    try:
        socket.getaddrinfo(host, None)  # Gradio would wait for ever for a server of an unknown host
        return page.launch(
            css=css,
            server_name=host,
            server_port=port,
            max_file_size=max_bytes,
            app_kwargs=dict(middleware=middleware),
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            enable_monitoring=False,
            run_history=False,
            footer_links=[],
        )[1]
    except (OSError, OverflowError) as error:  # the second for a port above 65535
        place = host if port is None else f'{host}:{port}'
        raise UserError(f'{place}: the server cannot listen here; choose another --port or --host') from error
