"""Limits on the files of an archive, which is untrusted."""

import math
import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mtcp_mm.tasks import DataError

LARGEST_MEMBER = 64 << 20
"""Maximum size of a file, in bytes; those of the known data sets have less than 10 MB."""
BLOCK = 4096
"""Minimum size that a file counts with, so that countless empty files are refused too."""
MIN_ALLOWANCE, GROWTH = 1 << 30, 100
"""Bytes that any archive may unpack to, and for each of its own; those of the known data sets grow tenfold at most."""


@dataclass
class ArchiveLimits:
    """Checks the files of an archive or folder by name and size, each before it is extracted or copied.

    Neither ``tarfile`` nor ``zipfile`` limits sizes. Both silently correct names that lead outside, and let the second
    file of a name replace the first. Here such an archive is refused.

    Args:
        source: The archive or folder.
        wanted: Tells by name which files to take.
        room: Maximum size of all files together, in bytes.
    """

    source: Path
    wanted: Callable[[str], bool]
    room: int
    admitted: set[str] = field(default_factory=set, init=False)
    """The names of the files to take."""
    total: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        size = math.inf if self.source.is_dir() else self.source.stat().st_size
        self.most = max(MIN_ALLOWANCE, GROWTH * size)

    def admit(self, name: str, size: int) -> str | None:
        """Returns the name of a file without needless parts, None if the file is not wanted.

        Raises:
            DataError: The name leads outside or occurs twice, or the files are too large; the message names the file.
        """
        if '..' in name.split('/') or '\\' in name or '\0' in name or re.match(r'/|[A-Za-z]:', name):
            raise self.refusal(name, 'leads outside its folder')
        name = posixpath.normpath(name)
        self.total += max(size, BLOCK)
        if self.total > self.room:
            raise DataError(
                f'{self.source}: its files take more than the {self.room / 1e9:.3g} GB that are free (at {name!r}); '
                'make room, or choose an output folder on another disk'
            )
        if self.total > self.most:
            raise self.refusal(name, f'brings it to more than {self.most} bytes, {GROWTH} times its own')
        if not self.wanted(name):
            return None
        if size > LARGEST_MEMBER:
            raise self.refusal(name, f'has {size} bytes, and no file of the data set has more than {LARGEST_MEMBER}')
        if name in self.admitted:
            raise self.refusal(name, 'is there twice')
        self.admitted.add(name)
        return name

    def refusal(self, name: str, reason: str) -> DataError:
        """Returns the error about a file that no data set has."""
        return DataError(f'{self.source}: member {name!r} {reason}; get the archive from a source you trust')
