"""What a data set is unpacked from: an archive or a folder, which is untrusted."""

import posixpath
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from mtcp_mm.tasks import DataError

LARGEST_FILE = 64 << 20
"""Bytes of the largest file that is unpacked; those of the known data sets have less than 10 MB."""

BLOCK = 4096
"""Bytes that a file takes on disk at least, so that a myriad of empty files counts too."""


@dataclass(frozen=True)
class Member:
    """A file of a source: its name there, with slashes, and its size in bytes, unpacked."""

    name: str
    size: int


LEAST_ROOM, GROWTH = 1 << 30, 100
"""Bytes that any archive may unpack to, and for each of its own; those of the known data sets grow tenfold at most."""


class Source(ABC):
    """Files by name, nothing of which is trusted: names, sizes and contents are checked before anything is written.

    Args:
        path: The archive or folder.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def members(self, room: int) -> dict[str, int]:
        """Lists the files.

        Args:
            room: Bytes that all of them together may take.

        Returns:
            Sizes in bytes by name; names are relative and lead nowhere outside.

        Raises:
            DataError: The source is damaged, or has what no data set has: a name that leads outside, a name twice, a
                link or device, more bytes than there is room for, or many more than the archive has itself. The
                message names source and member.
        """
        most = self.growth_limit()
        sizes, total = {}, 0
        for member in self.walk():
            name = safe_name(self.path, member.name)
            if name in sizes:
                raise DataError(f'{self.path}: member {name!r} is there twice; get the archive from a source you trust')
            sizes[name] = member.size
            total += max(member.size, BLOCK)
            if total > room:
                raise DataError(
                    f'{self.path}: its files take more than the {room / 1e9:.3g} GB that are free (at {name!r}); make '
                    'room, or choose an output folder on another disk'
                )
            if total > most:
                raise DataError(
                    f'{self.path}: it unpacks to more than {most} bytes (at {name!r}), {GROWTH} times its own; '
                    'get it from a source you trust'
                )
        return sizes

    def growth_limit(self) -> float:
        """Returns the bytes that unpacking may yield."""
        return max(LEAST_ROOM, GROWTH * self.path.stat().st_size)

    @abstractmethod
    def walk(self) -> Iterator[Member]:
        """Yields the files, whatever their names.

        Raises:
            DataError: The source is damaged, or has members that are neither files nor folders.
        """

    @abstractmethod
    def contents(self, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """Yields name and content of files, in the order of the source.

        Args:
            names: The files, by the names that :meth:`members` gives; each of at most :data:`LARGEST_FILE` bytes.

        Raises:
            DataError: The source is damaged.
        """

    def refuse(self, name: str, what: str) -> DataError:
        """Returns the error about a member that no data set has."""
        return DataError(
            f'{self.path}: member {name!r} is {what}; only files and folders are unpacked, so get the archive from a '
            'source you trust'
        )


def safe_name(path: Path, name: str) -> str:
    """Returns a member's name without needless parts.

    Raises:
        DataError: It leads outside, on whatever system it is unpacked.
    """
    if '..' in name.split('/') or '\\' in name or '\0' in name or re.match(r'/|[A-Za-z]:', name):
        raise DataError(f'{path}: member {name!r} leads outside its folder; get the archive from a source you trust')
    return posixpath.normpath(name)
