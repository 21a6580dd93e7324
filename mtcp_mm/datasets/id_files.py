"""Lists of image IDs, and the files that belong to an ID, from any operating system."""

import os
import unicodedata
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

from mtcp_mm.tasks import DataError
from mtcp_mm.utils import IMAGE_SUFFIXES, read_text

IMAGE_SUFFIXES = tuple(dict.fromkeys(('.jpg', '.png', *IMAGE_SUFFIXES)))
"""Suffixes of the images of data sets; of several files with one ID, that of the earliest is taken."""


def read_ids(path: str | Path) -> list[str]:
    """Reads a list of IDs, one a line, in UTF-8 with or without a byte order mark; blank lines do not count.

    Raises:
        OSError: There is no such file.
        DataError: The file is no such text, or holds no ID; the message names it.
    """
    text = read_text(path, 'write one image ID a line, in UTF-8', DataError)
    lines = text.replace('\ufeff', '').split('\n')
    if ids := [to_nfc(line.strip()) for line in lines if line.strip()]:
        return ids
    raise DataError(f'{path}: the split is empty; write one image ID a line')


def separate_ids(lines: Iterable[str], known: Container[str]) -> list[str]:
    """Returns the IDs of a list's lines: a line that is no known ID, and whose words all are, has several."""
    ids = []
    for line in lines:
        several = line not in known and all(word in known for word in line.split())
        ids += line.split() if several else [line]
    return ids


def files_by_id(folder: str | Path, suffixes: Sequence[str]) -> dict[str, str]:
    """Lists a folder's files by ID, which is the name without its suffix, in Unicode's composed form (NFC).

    Args:
        folder: The folder.
        suffixes: Suffixes that count, in any case. Of several files with one ID, that of the earliest suffix is taken;
            among these one in the case given, and then the first by name.
    """
    ranks = {suffix.lower(): rank for rank, suffix in reversed([*enumerate(suffixes)])}
    found: dict[str, tuple[int, bool, str]] = {}
    for name in os.listdir(folder):
        stem, suffix = os.path.splitext(name)
        if suffix.lower() in ranks:
            place = (ranks[suffix.lower()], suffix not in suffixes, name)
            found[to_nfc(stem)] = min(place, found.get(to_nfc(stem), place))
    return {stem: os.path.join(folder, place[-1]) for stem, place in found.items()}


def find_file(folder: str | Path, name: str, suffixes: Sequence[str]) -> Path | None:
    """Returns an ID's file in a folder, None without one; see :func:`files_by_id`."""
    usual = Path(folder, name + suffixes[0])  # avoids listing a large folder for each file
    if usual.is_file():
        return usual
    path = files_by_id(folder, suffixes).get(to_nfc(name)) if os.path.isdir(folder) else None
    return path and Path(path)


def similar_file(names: Iterable[str], folder: str | Path) -> str | None:
    """Returns the first file of a folder that has one of these names but for capitals and suffix, None without one."""
    stems = {to_nfc(name).casefold() for name in names}
    files = (name for name in sorted(os.listdir(folder)) if not name.startswith('.'))
    return next((name for name in files if to_nfc(os.path.splitext(name)[0]).casefold() in stems), None)


def to_nfc(text: str) -> str:
    """Returns text with its accents composed (NFC), as most systems but the Mac's write file names."""
    return unicodedata.normalize('NFC', text)
