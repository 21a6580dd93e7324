"""Common steps of preparing a data set."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtcp_mm.datasets.layouts import Layout
from mtcp_mm.tasks import DataError
from mtcp_mm.utils import MissingFileError, whole_folder

from .record import read_record, write_record
from .verification import Counts, blaming, describe


@dataclass(frozen=True)
class Prepared:
    """A data set that was prepared and read back.

    Args:
        counts: What there is.
        notes: What was made and not copied, as sentences.
        written: Whether it was written now; else it was there.
    """

    counts: Counts
    notes: tuple[str, ...]
    written: bool

    def lines(self, layout: Layout, tasks: Sequence[dict]) -> Iterator[str]:
        """Yields the result as lines of text: what was done, the counts of each split and task, the notes."""
        yield f'{layout.name}: ' + ('written and verified' if self.written else 'already there, verified')
        yield from describe(self.counts, layout, tasks)
        yield from self.notes


def prepare(
    source: str | Path,
    out: str | Path,
    origin: Mapping[str, Any],
    fill: Callable[[Path], Sequence[str]],
    check: Callable[[Path], Counts],
) -> Prepared:
    """Fills a folder, all of it or nothing; checks one that was filled before.

    Args:
        source: What the data set is made of, for errors.
        out: The output folder; absent, empty, or filled before from the same source.
        origin: What identifies source and options, as JSON has it.
        fill: Writes the data set into a folder and returns what it made and did not copy, as sentences.
        check: Reads back what is in a folder, and counts it.

    Raises:
        OccupiedFolderError: The output folder holds something else.
        DataError: The source cannot be used, or the folder is no longer what it was.
        UnwritableError: Something cannot be written.
    """
    source, out = Path(source).resolve(), Path(out).resolve()
    record = read_record(out, origin)
    if record is not None:
        counts = check(out)
        if counts != record['counts']:
            raise DataError(f'{out}: its contents have changed since they were prepared; delete it to prepare it anew')
        return Prepared(counts, tuple(record['notes']), False)
    with whole_folder(out) as partial, blaming(source, partial):
        notes = tuple(fill(partial))
        counts = check(partial)
        write_record(partial, {**origin, 'counts': counts, 'notes': notes})
    return Prepared(counts, notes, True)


def identity(path: str | Path) -> dict[str, Any]:
    """Returns what tells a file or folder from others: its name, and a file's number of bytes.

    Raises:
        MissingFileError: It is not there.
    """
    path = Path(path).resolve()
    if not path.exists():
        raise MissingFileError(f'{path}: no such file or folder; check the path')
    size = path.stat().st_size
    return dict(name=path.name, bytes=None if path.is_dir() else size)
