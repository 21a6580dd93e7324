"""What is taken out of an archive, which is untrusted."""

import math
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mtcp_mm.tasks import DataError

LARGEST_FILE = 64 << 20
"""Bytes of the largest file that is unpacked; those of the known data sets have less than 10 MB."""
BLOCK = 4096
"""Minimum size that a file counts with, so that countless empty files are refused too."""
LEAST_ROOM, GROWTH = 1 << 30, 100
"""Bytes that any archive may unpack to, and for each of its own; those of the known data sets grow tenfold at most."""
TRUST = 'get the archive from a source you trust'


@dataclass
class Intake:
    """Decides on each member of an archive, by name and size, before it is unpacked.

    Neither ``tarfile`` nor ``zipfile`` limits names that are there twice or sizes, and both mend names that lead
    outside in silence, where here the archive is refused.

    Args:
        path: The archive or folder.
        wanted: Tells by name which files are to be unpacked.
        room: Bytes that all files together may take.
    """

    path: Path
    wanted: Callable[[str], bool]
    room: int
    seen: set[str] = field(default_factory=set)
    total: int = 0

    def __post_init__(self) -> None:
        size = math.inf if self.path.is_dir() else self.path.stat().st_size
        self.most = max(LEAST_ROOM, GROWTH * size)

    def take(self, name: str, size: int) -> str | None:
        """Returns a file's name without needless parts, None if it is not wanted.

        Raises:
            DataError: The name leads outside or is there twice, or the files are too large; the message names both.
        """
        name = self.safe(name)
        if name in self.seen:
            raise DataError(f'{self.path}: member {name!r} is there twice; {TRUST}')
        self.seen.add(name)
        self.total += max(size, BLOCK)
        if self.total > self.room:
            raise DataError(
                f'{self.path}: its files take more than the {self.room / 1e9:.3g} GB that are free (at {name!r}); make '
                'room, or choose an output folder on another disk'
            )
        if self.total > self.most:
            raise DataError(
                f'{self.path}: it unpacks to more than {self.most} bytes (at {name!r}), {GROWTH} times its own; get it '
                'from a source you trust'
            )
        if not self.wanted(name):
            return None
        if size > LARGEST_FILE:
            raise DataError(
                f'{self.path}: member {name!r} has {size} bytes, which no file of the data set has (at most '
                f'{LARGEST_FILE}); {TRUST}'
            )
        return name

    def safe(self, name: str) -> str:
        """Returns a name without needless parts.

        Raises:
            DataError: It leads outside, on whatever system it is unpacked.
        """
        if '..' in name.split('/') or '\\' in name or '\0' in name or re.match(r'/|[A-Za-z]:', name):
            raise DataError(f'{self.path}: member {name!r} leads outside its folder; {TRUST}')
        return posixpath.normpath(name)

    def refusal(self, name: str, what: str) -> DataError:
        """Returns the error about a member that no data set has."""
        return DataError(f'{self.path}: member {name!r} is {what}; only files and folders are unpacked, so {TRUST}')
