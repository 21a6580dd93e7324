"""Tar archives, plain or compressed.

``tarfile`` reads headers of any size into memory at once (a header of 1 MB of digits kept a pattern of its busy for 25
minutes), and takes a damaged one for the archive's end. Its ``data`` filter sees to names and kinds of members as they
are extracted; here nothing is extracted by its name, see :func:`mtcp_mm.dataset_tools.preparation.unpacking.unpack`.
"""

import bz2
import gzip
import lzma
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import rich.progress

from mtcp_mm.tasks.reading import reading_data

from .intake import LARGEST_FILE, Intake

OPENERS = {b'\x1f\x8b': gzip.open, b'BZh': bz2.open, b'\xfd7zXZ\0': lzma.open}
"""Decompressors, by the first bytes of a file."""
DIGITS = re.compile(rb'\d+')
LARGEST_HEADER, ALL_HEADERS = 16 << 10, 256 << 20
"""Bytes of a header, which tell a member's name and little more, and of all that are long together."""
LONGEST_NUMBER = 300
"""Digits in a row in a header, such as a file's name; ``tarfile`` takes time by their square."""
MOST_GLOBAL = 1000
"""Entries that hold for all members that follow; ``tarfile`` looks at all of them for each."""


def tar_contents(intake: Intake) -> Iterator[tuple[str, bytes]]:
    """Yields name and content of the files that are wanted; they are good once all have been yielded.

    Raises:
        DataError: The archive is damaged, or has what no data set has.
    """
    with open_tar(intake) as (tar, stream):
        while (info := tar.next()) is not None:
            tar.members.clear()  # it would keep all of them
            if len(tar.pax_headers) > MOST_GLOBAL:
                raise tarfile.ReadError(f'more than {MOST_GLOBAL} entries for all members')
            if info.size < 0:
                raise tarfile.ReadError(f'a size of {info.size}')
            if info.isdir():
                continue
            if not info.isreg() or info.issparse():
                raise intake.refusal(info.name, 'a link, a device or a sparse file')
            if (name := intake.take(info.name, info.size)) is not None:
                yield name, stream.content(info)
        stream.check_end()


@contextmanager
def open_tar(intake: Intake) -> Iterator[tuple[tarfile.TarFile, 'TarStream']]:
    """Opens an archive behind a progress bar, and names it in errors."""
    with (
        reading_data(intake.path, 'the archive is damaged or incomplete', 'get it again'),
        rich.progress.open(intake.path, 'rb', description='Unpacking') as file,
    ):
        start = file.read(8)
        file.seek(0)
        opener = next((opener for first, opener in OPENERS.items() if start.startswith(first)), None)
        with opener(file) if opener else file as unpacked:
            stream = TarStream(unpacked, intake.most)
            with tarfile.open(fileobj=stream, mode='r:') as tar:
                yield tar, stream


class TarStream:
    """The headers of a tar archive as ``tarfile`` reads them, with what it does not check.

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
        """Returns the content of a member."""
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
