"""The page, which takes an image and shows its maps and point cloud, with files to download."""

import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import gradio as gr

from mtcp_mm.apis import MultiTaskInferencer
from mtcp_mm.apis.inputs import InputImage
from mtcp_mm.apis.output_folder import Maps, OutputFolder
from mtcp_mm.utils import UserError, as_user_error, read_rgb
from mtcp_mm.visualization.cloud_figure import draw_cloud
from mtcp_mm.visualization.point_cloud import CloudStyle

from .map_grid import SCRIPT, STYLE, draw_grid

TITLE = 'mtcp_mm'
KEPT_SECONDS = 3600
"""Seconds after which uploaded images and results are deleted."""
MAX_WAITING = 20
"""Maximum number of waiting images."""
PAGE_STYLE = """
.gradio-container { overflow: clip !important; } /* gradio's hidden would disable sticky */
.mtcp-side { position: sticky; top: 16px; align-self: flex-start; }
.mtcp-cloud .js-plotly-plot { height: min(480px, 62vw); }
.mtcp-cloud .modebar-btn--logo { display: none; }
@media (max-width: 640px) { .mtcp-side { position: static; } }
"""


def build_page(inferencer: MultiTaskInferencer, max_pixels: int) -> gr.Blocks:
    """Builds the page of a network.

    Temporary files are stored in the folder that ``GRADIO_TEMP_DIR`` names when the page is built.

    Args:
        inferencer: The network. It predicts one image at a time.
        max_pixels: Maximum number of pixels. Larger images are refused with a message.
    """
    tasks = inferencer.tasks
    clouds = any(task.metric_depth for task in tasks.values())
    suffixes = {'panel': '.png', 'arrays': '.npz'} | ({'point cloud': '.ply'} if clouds else {})
    names = ', '.join(tasks)
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(KEPT_SECONDS // 4, KEPT_SECONDS)) as page:
        gr.Markdown(f'# One image, {len(tasks)} dense maps\nOne network predicts at once: {names}.')
        with gr.Row():
            with gr.Column(scale=1, min_width=260, elem_classes='mtcp-side'):
                image, files = build_controls(suffixes, clouds)
            with gr.Column(scale=4, min_width=300):
                grid = gr.HTML(js_on_load=SCRIPT, css_template=STYLE)
                cloud = gr.Plot(show_label=False, visible=False, elem_classes='mtcp-cloud')
        image.async_move_resource_to_block_cache = uploads_only(image)

        def show(upload: dict | None, progress=gr.Progress()) -> Iterator[list]:  # noqa: B008  # how gradio gives it
            empty = [gr.DownloadButton(value=None, interactive=False)] * len(files)
            yield ['', gr.Plot(None, visible=False), *empty]
            if upload is None:
                return
            progress(0.1, 'Reading the image')
            read = read_upload(uploaded_path(upload, Path(image.GRADIO_CACHE)), max_pixels)
            progress(0.3, 'Predicting')
            maps = inferencer.predict(read.image)
            progress(0.8, 'Drawing')
            figure = draw_cloud(read.image, maps, tasks) if clouds else None
            yield [draw_grid(read.image, maps, tasks), gr.Plot(figure, visible=clouds), *empty]
            with disk_errors(), TemporaryDirectory() as folder:
                paths = write_files(Path(folder), inferencer, read, maps)
                buttons = [gr.DownloadButton(value=paths[suffix], interactive=True) for suffix in suffixes.values()]
                yield [gr.skip(), gr.skip(), *buttons]  # gradio copies the files and deletes the copies later

        # Without gradio's preprocessing, which rotates, re-encodes and refuses images by other rules.
        image.change(
            show, image, [grid, cloud, *files], preprocess=False, show_progress_on=grid, api_visibility='private'
        )
    explain_refusals(page)
    return page.queue(max_size=MAX_WAITING, api_open=False, default_concurrency_limit=1)


def build_controls(suffixes: Mapping[str, str], clouds: bool) -> tuple[gr.Image, list[gr.DownloadButton]]:
    """Builds the upload, a download button for each file by kind and suffix, and a hint."""
    image = gr.Image(label='Image', type='filepath', sources=['upload', 'clipboard'], buttons=[], height=260)
    files = [
        gr.DownloadButton(f'Download {kind} ({suffix})', interactive=False, size='sm')
        for kind, suffix in suffixes.items()
    ]
    gr.Markdown(
        'Point at a map to read all maps at that pixel.' + (' Drag the point cloud to turn it.' if clouds else '')
    )
    return image, files


def explain_refusals(page: gr.Blocks) -> None:
    """Sends a client the reason why anything but an upload is refused; gradio would send none."""
    preprocess = page.preprocess_data

    async def preprocess_or_refuse(*args, **kwargs) -> list:
        try:
            return await preprocess(*args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            raise not_uploaded() from error

    page.preprocess_data = preprocess_or_refuse


def uploads_only(component: gr.Image) -> Callable[[str | None], Awaitable[str | None]]:
    """Keeps gradio from fetching an image whose address a client gives in place of an upload."""
    move = component.async_move_resource_to_block_cache

    async def move_upload(path: str | None) -> str | None:
        if path is not None and not os.path.isfile(path):
            raise not_uploaded()
        return await move(path)

    return move_upload


def uploaded_path(upload: Mapping, folder: Path) -> Path:
    """Returns the path of an uploaded image.

    Gradio checks a path only if the client declares it as one.

    Raises:
        Error: The path is not in the folder of uploads.
    """
    try:
        path = Path(upload.get('path') or '').resolve()
        uploaded = path.is_file() and path.is_relative_to(folder.resolve())
    except (OSError, ValueError) as error:  # for example a name too long, or a null byte in it
        raise not_uploaded() from error
    if not uploaded:
        raise not_uploaded()
    return path


def not_uploaded() -> gr.Error:
    """Returns the error for an image that a client names but did not upload."""
    return gr.Error('only uploaded images are accepted', print_exception=False)


def read_upload(path: Path, max_pixels: int) -> InputImage:
    """Reads an uploaded image.

    Raises:
        Error: It cannot be read or is too large. The page shows this error without the folder of the file.
    """
    try:
        return InputImage(path.stem, path.name, read_rgb(path, max_pixels))
    except UserError as error:
        message = str(error).replace(f'{path.parent}{os.sep}', '')
        raise gr.Error(escape(message), duration=None, title='No image', print_exception=False) from error


@contextmanager
def disk_errors() -> Iterator[None]:
    """Shows on the page that files cannot be written. The reason goes to the host's standard error alone."""
    try:
        yield
    except OSError as error:
        print(f'error: {as_user_error(error) or error}', file=sys.stderr, flush=True)
        message = 'this host cannot write the files to download; its disk may be full'
        raise gr.Error(message, title='No downloads', print_exception=False) from error


def write_files(folder: Path, inferencer: MultiTaskInferencer, image: InputImage, maps: Maps) -> dict[str, Path]:
    """Writes panel, arrays and, if there is depth, the point cloud, and returns their paths by suffix."""
    style = CloudStyle() if any(task.metric_depth for task in inferencer.tasks.values()) else None
    with OutputFolder(folder, inferencer.tasks, {}, arrays=True, cloud=style) as output:
        output.add(image, maps)
    return {path.suffix: path for path in folder.rglob('*') if path.is_file()}
