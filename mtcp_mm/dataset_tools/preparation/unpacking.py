"""Unpacking a data set from an archive, or copying it from a folder."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.progress import track

from mtcp_mm.tasks import DataError
from mtcp_mm.utils import open_regular

from .archive_files import ArchiveFiles
from .intake import Intake
from .tar_archive import OPENERS, tar_contents
from .zip_archive import zip_contents

ZIP_STARTS = (b'PK\x03\x04', b'PK\x05\x06')
TAR_MARK, TAR_MARK_AT = b'ustar', 257
MOST_WAYS = 100
"""Maximum number of ways that links may lead to a folder."""


def unpack(source: str | Path, files: ArchiveFiles, root: Path) -> None:
    """Writes a data set's files into a folder; whatever else the source has is left out.

    No file is written under a name of the archive: it waits under a number until all names are known, and then goes
    where the data set's layout has it.

    Args:
        source: The archive or folder, which is untrusted.
        files: The data set's files.
        root: The folder to write into.

    Raises:
        DataError: The source is damaged, hostile (see :class:`Intake`), or holds no such data set.
        OSError: A file cannot be written.
    """
    source, waiting = Path(source), {}
    with TemporaryDirectory(prefix='.unpacked.', dir=root) as folder:
        for name, content in contents(source, files.may_have, shutil.disk_usage(root).free):
            waiting[name] = Path(folder, str(len(waiting)))
            waiting[name].write_bytes(content)
        for name, place in files.places(waiting, source).items():
            path = root / place
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():  # where names of large and small letters are one
                raise DataError(f'{source}: member {name!r} has the name of another but for capitals; rename one')
            os.replace(waiting[name], path)


def contents(source: Path, wanted: Callable[[str], bool], room: int) -> Iterator[tuple[str, bytes]]:
    """Yields name and content of the files of an archive (known by its first bytes, whatever its name) or a folder.

    Args:
        source: The archive or folder.
        wanted: Tells by name which files to yield; all are checked.
        room: Bytes that all of them together may take.

    Raises:
        DataError: The source is neither, damaged, or has what no data set has; see :class:`Intake`.
        OSError: It cannot be read.
    """
    if source.is_dir():
        return folder_contents(Intake(source, wanted, room))
    with open_regular(source) as file:
        start = file.read(TAR_MARK_AT + len(TAR_MARK))
    if start.startswith(ZIP_STARTS):
        return zip_contents(Intake(source, wanted, room))
    if start.startswith(tuple(OPENERS)) or start[TAR_MARK_AT:] == TAR_MARK:
        return tar_contents(Intake(source, wanted, room))
    raise DataError(f'{source}: neither a folder nor a tar or zip archive; if it should be one, get it again')


def folder_contents(intake: Intake) -> Iterator[tuple[str, bytes]]:
    """Yields name and content of a folder's files; see :func:`files_below`."""
    paths = list(files_below(intake.path))
    names = [intake.take(path.relative_to(intake.path).as_posix(), path.stat().st_size) for path in paths]
    for name, path in track(list(zip(names, paths, strict=True)), 'Copying'):
        if name is not None:
            yield name, path.read_bytes()


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
