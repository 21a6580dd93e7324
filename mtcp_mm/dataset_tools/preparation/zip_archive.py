"""Zip archives."""

import stat
import zipfile
from collections.abc import Iterator

from rich.progress import track

from mtcp_mm.tasks.reading import reading_data
from mtcp_mm.utils import open_regular

from .intake import Intake

ENCRYPTED = 0x1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Ways of packing that are unpacked piece by piece; Python unpacks the others at once, whatever comes out."""
SLACK = 4096
"""Bytes that any packed file may have besides twice those that are in it."""


def zip_contents(intake: Intake) -> Iterator[tuple[str, bytes]]:
    """Yields name and content of the files that are wanted, once all of them are checked.

    Raises:
        DataError: The archive is damaged, or has what no data set has.
    """
    with reading_data(intake.path, 'the archive is damaged or incomplete', 'get it again'):
        with open_regular(intake.path) as file, zipfile.ZipFile(file) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            names = [take(intake, info) for info in infos]
            for name, info in track(list(zip(names, infos, strict=True)), 'Unpacking'):
                if name is not None:
                    yield name, read(archive, info)


def take(intake: Intake, info: zipfile.ZipInfo) -> str | None:
    """Returns the name of a member that is wanted, once it is seen to be a file that can be read."""
    # The upper half is the mode of Unix; zero where another system made the archive.
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        raise intake.refusal(info.filename, 'a link or a device')
    if info.flag_bits & ENCRYPTED:
        raise intake.refusal(info.filename, 'encrypted')
    if info.compress_type not in METHODS:
        raise intake.refusal(info.filename, f'packed by method {info.compress_type}, not deflated')
    if info.compress_size > 2 * info.file_size + SLACK:  # members may share their bytes
        raise intake.refusal(info.filename, f'packed in {info.compress_size} bytes and unpacked {info.file_size}')
    return intake.take(info.filename, info.file_size)


def read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Returns the content of a member, of which no more is unpacked than its entry says."""
    with archive.open(info) as file:
        content = file.read(info.file_size + 1)
    if len(content) != info.file_size:
        raise zipfile.BadZipFile(f'member {info.filename!r} has not the {info.file_size} bytes that its entry says')
    return content
