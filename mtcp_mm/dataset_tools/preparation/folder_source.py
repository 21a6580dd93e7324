"""Folders, into which an archive was unpacked already."""

import math
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from mtcp_mm.tasks import DataError

from .source import Member, Source

MOST_WAYS = 100
"""Links that may lead to a folder, one way or another."""


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


def files_below(
    folder: Path, above: frozenset[Path] = frozenset(), times: Counter[Path] | None = None
) -> Iterator[Path]:
    """Yields the files of a folder and those below it.

    Args:
        folder: The folder.
        above: Those that led here; a link back to one of them would never end.
        times: How often each folder was walked. Two links to one folder in each of many layers would never end either.

    Raises:
        DataError: There are more than :data:`MOST_WAYS` ways to a folder.
    """
    times = Counter() if times is None else times
    here = folder.resolve()
    if here in above:
        return
    times[here] += 1
    if times[here] > MOST_WAYS:
        raise DataError(
            f'{folder}: links lead to {here} in more than {MOST_WAYS} ways; delete those that are not needed'
        )
    for path in sorted(folder.iterdir()):
        if path.name.startswith('.'):
            continue
        if path.is_dir():
            yield from files_below(path, above | {here}, times)
        elif path.is_file():
            yield path
