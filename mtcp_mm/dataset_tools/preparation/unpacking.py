"""Unpacking a data set from an archive, or copying it from a folder."""

import shutil
from pathlib import Path

from rich.progress import track

from mtcp_mm.tasks import DataError
from mtcp_mm.utils import open_regular

from .folder_source import FolderSource
from .layout import Layout
from .source import LARGEST_FILE, Source
from .tar_source import OPENERS, TarSource
from .zip_source import ZipSource

ZIP_STARTS = (b'PK\x03\x04', b'PK\x05\x06')
TAR_MARK, TAR_MARK_AT = b'ustar', 257


def open_source(path: str | Path) -> Source:
    """Chooses how to read an archive (by its first bytes, whatever its name) or a folder.

    Raises:
        DataError: It is neither.
        OSError: It cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        return FolderSource(path)
    with open_regular(path) as file:
        start = file.read(TAR_MARK_AT + len(TAR_MARK))
    if start.startswith(ZIP_STARTS):
        return ZipSource(path)
    if start.startswith(tuple(OPENERS)) or start[TAR_MARK_AT:] == TAR_MARK:
        return TarSource(path)
    raise DataError(f'{path}: neither a folder nor a tar or zip archive; if it should be one, get it again')


def unpack(source: Source, layout: Layout, root: Path) -> None:
    """Writes a data set's files into a folder; whatever else the source has is left out.

    Where a file goes is the layout's choice, never its name's.

    Args:
        source: The archive or folder.
        layout: The data set.
        root: The folder to write into.

    Raises:
        DataError: The source is damaged, hostile (see :meth:`Source.members`), or holds no such data set.
        OSError: A file cannot be written.
    """
    sizes = source.members(shutil.disk_usage(root).free)
    places = layout.places(sizes, source.path)
    for name in places:
        if sizes[name] > LARGEST_FILE:
            raise DataError(
                f'{source.path}: member {name!r} has {sizes[name]} bytes, which no file of {layout.name} has (at most '
                f'{LARGEST_FILE}); get the archive from a source you trust'
            )
    for name, content in track(source.contents(places), description='Unpacking', total=len(places)):
        path = root / places[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        # 'x': where names of large and small letters are one, no file replaces another.
        with path.open('xb') as file:
            file.write(content)
