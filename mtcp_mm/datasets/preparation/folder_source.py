"""Folders, into which an archive was unpacked already."""

import math
from collections.abc import Collection, Iterator
from pathlib import Path

from .source import Member, Source


class FolderSource(Source):
    """A folder. Links in it are followed, since data sets are often spread over disks; hidden files are left out."""

    def walk(self) -> Iterator[Member]:
        for path in files_below(self.path):
            yield Member(path.relative_to(self.path).as_posix(), path.stat().st_size)

    def growth_limit(self) -> float:
        return math.inf

    def contents(self, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
        for name in names:
            yield name, Path(self.path, name).read_bytes()


def files_below(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Yields the files of a folder and those below it.

    Args:
        folder: The folder.
        above: Those that led here; a link back to one of them would never end.
    """
    here = folder.resolve()
    if here in above:
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith('.'):
            continue
        if path.is_dir():
            yield from files_below(path, above | {here})
        elif path.is_file():
            yield path
