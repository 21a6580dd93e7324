"""Tar archives, plain or compressed."""

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import rich.progress

from mtcp_mm.tasks import DataError

from .source import LARGEST_FILE, Member, Source, safe_name

OPENERS = {b'\x1f\x8b': gzip.open, b'BZh': bz2.open, b'\xfd7zXZ\0': lzma.open}
"""What unpacks a compressed file, by its first bytes."""

DAMAGE = (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, RecursionError)


class TarSource(Source):
    """A tar archive; compressed by gzip, bzip2 or xz, or not at all."""

    def walk(self) -> Iterator[Member]:
        """See :meth:`Source.walk`; shows a progress bar, since all of the archive is read."""
        with rich.progress.open(self.path, 'rb', description='Looking through the archive') as file:
            with open_tar(self.path, file) as (tar, stream):
                for info in tar:
                    if info.size < 0:
                        raise tarfile.ReadError(f'a size of {info.size}')
                    if info.isdir():
                        continue
                    if not info.isreg() or info.issparse():
                        raise self.refuse(info.name, 'a link, a device or a sparse file')
                    yield Member(info.name, info.size)
                stream.check_end()

    def contents(self, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
        with open(self.path, 'rb') as file, open_tar(self.path, file) as (tar, _):
            for info in tar:
                if info.isreg() and (name := safe_name(self.path, info.name)) in names:
                    yield name, tar.extractfile(info).read()


class TarStream:
    """The bytes of a tar archive as ``tarfile`` reads them, with what it does not check.

    ``tarfile`` reads headers of any size into memory at once, and takes a damaged one for the archive's end.

    Args:
        stream: The archive, uncompressed.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.last = b''

    def read(self, size: int) -> bytes:
        """Reads up to ``size`` bytes, which must not be more than a file may have."""
        if not 0 <= size <= LARGEST_FILE:
            raise tarfile.ReadError(f'a header of {size} bytes')
        self.last = self.stream.read(size)
        return self.last

    def seek(self, position: int) -> int:
        """Goes to a position, counted from the start."""
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
def open_tar(path: Path, file: IO[bytes]) -> Iterator[tuple[tarfile.TarFile, TarStream]]:
    """Opens an archive and names it in errors.

    Raises:
        DataError: It is damaged.
    """
    start = file.read(8)
    file.seek(0)
    opener = next((opener for first, opener in OPENERS.items() if start.startswith(first)), None)
    try:
        with opener(file) if opener else file as unpacked:
            stream = TarStream(unpacked)
            with tarfile.open(fileobj=stream, mode='r:') as tar:
                yield tar, stream
    except DAMAGE as error:
        raise DataError(
            f'{path}: the archive is damaged or incomplete ({type(error).__name__}: {error}); get it again'
        ) from error
