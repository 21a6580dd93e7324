"""Tar archives as ``tarfile`` reads them, with the checks that it lacks."""

import re
import tarfile
from collections.abc import Iterator
from typing import BinaryIO

from .archive_limits import LARGEST_MEMBER

DIGITS = re.compile(rb'\d+')
LARGEST_HEADERS, ALL_HEADERS = 32 << 10, 256 << 20
"""Bytes of the headers of a member, which tell its name and little more, and of all members."""
LONGEST_NUMBER = 300
"""Digits in a row in a header, such as a file's name; ``tarfile`` takes time by their square."""
MOST_GLOBAL = 1000
"""Entries that hold for all members that follow; ``tarfile`` looks at all of them for each."""


class TarStream:
    """A tar archive for ``tarfile``, which reads headers of any size into memory and takes a damaged one for the end.

    A header of 1 MB of digits kept one of its patterns busy for 25 minutes.

    Args:
        stream: The archive, decompressed.
        most: Maximum size, in bytes.
    """

    def __init__(self, stream: BinaryIO, most: float) -> None:
        self.stream = stream
        self.most = most
        self.header = self.headers = 0
        self.extracting = False
        self.last = b''

    def files(self, archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
        """Yields the members that are no folders, to be extracted one by one."""
        while (info := archive.next()) is not None:
            archive.members.clear()  # it would keep all of them
            if len(archive.pax_headers) > MOST_GLOBAL:
                raise tarfile.ReadError(f'more than {MOST_GLOBAL} entries for all members')
            if info.size < 0:
                raise tarfile.ReadError(f'a size of {info.size}')
            if not info.isdir():
                self.extracting = True
                yield info
            self.extracting, self.header = False, 0

    def read(self, size: int) -> bytes:
        """Reads up to ``size`` bytes: those of headers are checked."""
        if self.extracting:
            return self.stream.read(size)
        self.header += size
        self.headers += size
        if size < 0 or self.header > LARGEST_HEADERS:
            raise tarfile.ReadError(f'a header of {size if size < 0 else self.header} bytes')
        if self.headers > ALL_HEADERS:
            raise tarfile.ReadError(f'more than {ALL_HEADERS} bytes of headers')
        self.last = self.stream.read(size)
        if max(map(len, DIGITS.findall(self.last)), default=0) > LONGEST_NUMBER:
            raise tarfile.ReadError(f'a number of more than {LONGEST_NUMBER} digits')
        return self.last

    def seek(self, position: int) -> int:
        """Goes to a position, counted from the start."""
        if position > self.most:
            raise tarfile.ReadError(f'more than {self.most} bytes')
        return self.stream.seek(position)

    def tell(self) -> int:
        """Returns the position, counted from the start."""
        return self.stream.tell()

    def check_end(self) -> None:
        """Checks that a block of zeros was read last, and the checksum of a compressed archive.

        Raises:
            tarfile.ReadError: The archive does not end as one does.
        """
        if self.last != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError('its end is missing')
        rest = sum(len(self.stream.read(1 << 20)) for _ in range(LARGEST_MEMBER >> 20))
        if rest >= LARGEST_MEMBER:
            raise tarfile.ReadError(f'more than {rest} bytes after its end')
