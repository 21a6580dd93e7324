"""Extracting the files of a data set from tar and zip archives, which are untrusted."""

import bz2
import gzip
import lzma
import os
import platform
import stat
import tarfile
import zipfile
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

from rich.progress import track, wrap_file

from mtcp_mm.tasks import DataError
from mtcp_mm.tasks.reading import reading_data
from mtcp_mm.utils import open_regular

from .archive_limits import ArchiveLimits
from .tar_stream import TarStream

OPENERS = {b'\x1f\x8b': gzip.open, b'BZh': bz2.open, b'\xfd7zXZ\0': lzma.open}
"""Decompressors of tar archives, by the first bytes of a file."""
ZIP_START = b'PK'
DAMAGED = 'the archive is damaged or incomplete, or neither tar nor zip'
ENCRYPTED = 0x1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Compression of zip archives that Python undoes piece by piece; with the others, a piece can have any size."""
SLACK = 4096
"""Bytes that a compressed file may have besides twice its own size."""


def extract(limits: ArchiveLimits, folder: Path) -> None:
    """Extracts the wanted files of an archive. Its first bytes tell its format, whatever its name.

    Args:
        limits: The archive, and what may be taken from it.
        folder: The folder to extract into, empty and new. If this fails, it holds part of the files.

    Raises:
        DataError: The archive is neither tar nor zip, damaged, or refused, or Python is too old; the message names it.
        OSError: A file cannot be written.
    """
    source = limits.source
    with open_regular(source) as file, reading_data(source, DAMAGED, 'get it again'):
        start = file.read(max(map(len, OPENERS)))
        file.seek(0)
        if start.startswith(ZIP_START):
            return extract_zip(file, folder, limits)
        if not hasattr(tarfile, 'data_filter'):
            raise DataError(
                f'{source}: Python {platform.python_version()} cannot extract tar archives safely; update it (3.10.12 '
                'and 3.11.4 can), or extract the archive yourself and give the folder'
            )
        opener = next((opener for mark, opener in OPENERS.items() if start.startswith(mark)), nullcontext)
        with wrap_file(file, source.stat().st_size, description='Extracting') as shown, opener(shown) as unpacked:
            extract_tar(unpacked, folder, limits)


def extract_tar(file: BinaryIO, folder: Path, limits: ArchiveLimits) -> None:
    """Extracts the wanted files of a tar archive that is decompressed already."""

    def choose(info: tarfile.TarInfo, path: str) -> tarfile.TarInfo | None:
        if not info.isreg() or info.issparse():
            raise limits.refusal(info.name, 'is a link, a device or a sparse file')
        if (name := limits.admit(info.name, info.size)) is None:
            return None
        return tarfile.data_filter(info.replace(name=name, mode=None, mtime=None, deep=False), path)

    stream = TarStream(file, limits.most)
    with tarfile.open(fileobj=stream, mode='r:') as archive:
        archive.extractall(folder, stream.files(archive), filter=choose)
    stream.check_end()


def extract_zip(file: BinaryIO, folder: Path, limits: ArchiveLimits) -> None:
    """Extracts the wanted files of a zip archive."""
    with zipfile.ZipFile(file) as archive:
        for info in track([info for info in archive.infolist() if not info.is_dir()], 'Extracting'):
            check_packing(info, limits)
            if name := limits.admit(info.filename, info.file_size):
                info.filename = name
                if os.path.getsize(archive.extract(info, folder)) != info.file_size:
                    raise zipfile.BadZipFile(f'member {name!r} has not the {info.file_size} bytes that its entry says')


def check_packing(info: zipfile.ZipInfo, limits: ArchiveLimits) -> None:
    """Checks that a member of a zip archive is a file that takes bounded time and memory."""
    # The upper half is the mode of Unix; zero where another system made the archive.
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        raise limits.refusal(info.filename, 'is a link or a device')
    if info.flag_bits & ENCRYPTED:
        raise limits.refusal(info.filename, 'is encrypted')
    if info.compress_type not in METHODS:
        raise limits.refusal(info.filename, f'is packed by method {info.compress_type}, not deflated')
    if info.compress_size > 2 * info.file_size + SLACK:  # members may share their bytes
        raise limits.refusal(info.filename, f'is packed in {info.compress_size} bytes and unpacked {info.file_size}')
