"""Zip archives."""

import stat
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from mtcp_mm.tasks.reading import reading_data
from mtcp_mm.utils import open_regular

from .source import Member, Source, safe_name

ENCRYPTED = 0x1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Ways of packing that are unpacked piece by piece; Python unpacks the others at once, whatever comes out."""
SLACK = 4096
"""Bytes that any packed file may have besides twice those that are in it."""


class ZipSource(Source):
    """A zip archive."""

    def walk(self) -> Iterator[Member]:
        with open_zip(self.path) as archive:
            for info in archive.infolist():
                if not info.is_dir():
                    self.check(info)
                    yield Member(info.filename, info.file_size)

    def contents(self, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
        with open_zip(self.path) as archive:
            for info in archive.infolist():
                if not info.is_dir() and (name := safe_name(self.path, info.filename)) in names:
                    yield name, self.read(archive, info)

    def read(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
        """Returns the content of a member, of which no more is unpacked than its size."""
        with archive.open(info) as file:
            content = file.read(info.file_size + 1)
        if len(content) != info.file_size:
            raise zipfile.BadZipFile(f'member {info.filename!r} has not the {info.file_size} bytes that its entry says')
        return content

    def check(self, info: zipfile.ZipInfo) -> None:
        """Raises DataError if a member is not a plain file that can be read."""
        # The upper half is the mode of Unix; zero where another system made the archive.
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            raise self.refuse(info.filename, 'a link or a device')
        if info.flag_bits & ENCRYPTED:
            raise self.refuse(info.filename, 'encrypted')
        if info.compress_type not in METHODS:
            raise self.refuse(info.filename, f'packed by method {info.compress_type}, not deflated')
        if info.compress_size > 2 * info.file_size + SLACK:  # members may share their bytes
            raise self.refuse(info.filename, f'packed in {info.compress_size} bytes and unpacked {info.file_size}')


@contextmanager
def open_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """Opens an archive and names it in errors.

    Raises:
        DataError: It is damaged.
    """
    with reading_data(path, 'the archive is damaged or incomplete', 'get it again'):
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            yield archive
