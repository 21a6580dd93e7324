"""Taking a data set out of an archive or folder."""

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from mtcp_mm.tasks import DataError

from .archive_files import ArchiveFiles
from .archive_limits import ArchiveLimits
from .archives import extract

MOST_WAYS = 100
"""Maximum number of ways that links may lead to a folder."""


def unpack(source: str | Path, files: ArchiveFiles, root: Path) -> None:
    """Puts a data set's files where its layout has them; whatever else the source has is left out.

    Args:
        source: The archive or folder, which is untrusted. The files of an archive are extracted into a hidden folder
            first, and moved from there; those of a folder are copied.
        files: The data set's files.
        root: The folder to put them into, empty.

    Raises:
        DataError: The source is damaged, refused (see :class:`ArchiveLimits`), or holds no such data set.
        OSError: A file cannot be read or written.
    """
    limits = ArchiveLimits(Path(source), files.may_have, shutil.disk_usage(root).free)
    with TemporaryDirectory(prefix='.extracted.', dir=root) as hidden:
        folder = take_files(limits, Path(hidden))
        put = shutil.copyfile if folder == limits.source else os.replace
        for name, place in files.places(sorted(limits.admitted), limits.source).items():
            path = root / place
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():  # where names of large and small letters are one
                raise DataError(f'{source}: member {name!r} has the name of another but for capitals; rename one')
            put(folder / name, path)


def take_files(limits: ArchiveLimits, hidden: Path) -> Path:
    """Admits the files of an archive or folder; returns where they lie: those of an archive in ``hidden``."""
    if not limits.source.is_dir():
        extract(limits, hidden)
        return hidden
    for path in files_below(limits.source):
        limits.admit(path.relative_to(limits.source).as_posix(), path.stat().st_size)
    return limits.source


def files_below(
    folder: Path, above: frozenset[Path] = frozenset(), times: Counter[Path] | None = None
) -> Iterator[Path]:
    """Yields the files of a folder and those below it.

    Links are followed, since data sets are often spread over disks; hidden files are left out.

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
