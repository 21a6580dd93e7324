"""Tar archives, plain or compressed."""

import bz2
import gzip
import lzma
import re
import tarfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import rich.progress

from mtcp_mm.tasks.reading import reading_data
from mtcp_mm.utils import open_regular

from .source import LARGEST_FILE, Member, Source, safe_name

OPENERS = {b'\x1f\x8b': gzip.open, b'BZh': bz2.open, b'\xfd7zXZ\0': lzma.open}
"""What unpacks a compressed file, by its first bytes."""

DIGITS = re.compile(rb'\d+')
LARGEST_HEADER, ALL_HEADERS = 16 << 10, 256 << 20
"""Bytes of a header, which tell a member's name and little more, and of all that are long together."""
LONGEST_NUMBER = 300
"""Digits in a row in a header, such as a file's name; ``tarfile`` takes time by their square."""
MOST_GLOBAL = 1000
"""Entries that hold for all members that follow; ``tarfile`` looks at all of them for each."""


class TarSource(Source):
    """A tar archive; compressed by gzip, bzip2 or xz, or not at all."""

    def walk(self) -> Iterator[Member]:
        """See :meth:`Source.walk`; shows a progress bar, since all of the archive is read."""
        with rich.progress.open(self.path, 'rb', description='Looking through the archive') as file:
            with open_tar(self.path, file, self.growth_limit()) as (tar, stream):
                while (info := tar.next()) is not None:
                    tar.members.clear()  # it would keep all of them
                    if len(tar.pax_headers) > MOST_GLOBAL:
                        raise tarfile.ReadError(f'more than {MOST_GLOBAL} entries for all members')
                    if info.size < 0:
                        raise tarfile.ReadError(f'a size of {info.size}')
                    if info.isdir():
                        continue
                    if not info.isreg() or info.issparse():
                        raise self.refuse(info.name, 'a link, a device or a sparse file')
                    yield Member(info.name, info.size)
                stream.check_end()

    def contents(self, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
        with open_regular(self.path) as file, open_tar(self.path, file, self.growth_limit()) as (tar, stream):
            while (info := tar.next()) is not None:
                tar.members.clear()
                if info.isreg() and (name := safe_name(self.path, info.name)) in names:
                    yield name, stream.content(info)


class TarStream:
    """The headers of a tar archive as ``tarfile`` reads them, with what it does not check.

    ``tarfile`` reads headers of any size into memory at once, and takes a damaged one for the archive's end.

    Args:
        stream: The archive, uncompressed.
        end: Most bytes that the archive may have.
    """

    def __init__(self, stream: IO[bytes], end: float) -> None:
        self.stream = stream
        self.end = end
        self.left = ALL_HEADERS
        self.last = b''

    def read(self, size: int) -> bytes:
        """Reads up to ``size`` bytes of a header."""
        if not 0 <= size <= LARGEST_HEADER:
            raise tarfile.ReadError(f'a header of {size} bytes')
        self.last = self.stream.read(size)
        self.left -= size if size > tarfile.BLOCKSIZE else 0
        if self.left < 0:
            raise tarfile.ReadError(f'more than {ALL_HEADERS} bytes of long headers')
        if max(map(len, DIGITS.findall(self.last)), default=0) > LONGEST_NUMBER:
            raise tarfile.ReadError(f'a number of more than {LONGEST_NUMBER} digits')
        return self.last

    def content(self, info: tarfile.TarInfo) -> bytes:
        """Returns the content of a member, of at most :data:`LARGEST_FILE` bytes."""
        if not 0 <= info.size <= LARGEST_FILE:
            raise tarfile.ReadError(f'a file of {info.size} bytes')
        self.seek(info.offset_data)
        content = self.stream.read(info.size)
        if len(content) != info.size:
            raise tarfile.ReadError(f'{info.size - len(content)} bytes of {info.name!r} are missing')
        return content

    def seek(self, position: int) -> int:
        """Goes to a position, counted from the start."""
        if position > self.end:
            raise tarfile.ReadError(f'more than {self.end} bytes')
        return self.stream.seek(position)

    def tell(self) -> int:
        """Returns the position, counted from the start."""
        return self.stream.tell()

    def check_end(self) -> None:
        """Checks that a block of zeros was read last, and the compressed stream's checksum.

        Raises:
            tarfile.ReadError: The archive does not end as one does.
        """
        if self.last != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError('its end is missing')
        rest = sum(len(self.stream.read(1 << 20)) for _ in range(LARGEST_FILE >> 20))
        if rest >= LARGEST_FILE:
            raise tarfile.ReadError(f'more than {rest} bytes after its end')


@contextmanager
def open_tar(path: Path, file: IO[bytes], end: float) -> Iterator[tuple[tarfile.TarFile, TarStream]]:
    """Opens an archive and names it in errors; see :class:`TarStream`.

    Raises:
        DataError: It is damaged.
    """
    with reading_data(path, 'the archive is damaged or incomplete', 'get it again'):
        start = file.read(8)
        file.seek(0)
        opener = next((opener for first, opener in OPENERS.items() if start.startswith(first)), None)
        with opener(file) if opener else file as unpacked:
            stream = TarStream(unpacked, end)
            with tarfile.open(fileobj=stream, mode='r:') as tar:
                yield tar, stream
