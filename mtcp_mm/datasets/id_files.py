"""Lists of image IDs, and finding the files of an ID, whatever operating system wrote them."""

import os
import unicodedata
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

from mtcp_mm.tasks import DataError
from mtcp_mm.utils import IMAGE_SUFFIXES, read_text

IMAGE_SUFFIXES = tuple(dict.fromkeys(('.jpg', '.png', *IMAGE_SUFFIXES)))
"""Suffixes of images. If several files have the same ID, the earliest suffix wins."""


def read_ids(path: str | Path) -> list[str]:
    """Reads a list of IDs, one per line, in UTF-8 with or without a byte order mark. Blank lines are ignored.

    Raises:
        OSError: There is no such file.
        DataError: The file is not UTF-8 text, or has no ID; the message names it.
    """
    text = read_text(path, 'write one image ID per line, in UTF-8', DataError)
    lines = text.replace('\ufeff', '').split('\n')
    if ids := [to_nfc(line.strip()) for line in lines if line.strip()]:
        return ids
    raise DataError(f'{path}: the split is empty; write one image ID per line')


def separate_ids(lines: Iterable[str], known: Container[str]) -> list[str]:
    """Returns the IDs in the lines of a list. IDs may contain spaces.

    Args:
        lines: The lines. A line is split at spaces if it is no known ID but all of its words are.
        known: The known IDs.
    """
    ids = []
    for line in lines:
        has_several = line not in known and all(word in known for word in line.split())
        ids += line.split() if has_several else [line]
    return ids


def files_by_id(folder: str | Path, suffixes: Sequence[str]) -> dict[str, str]:
    """Lists the files of a folder by ID: the file name without suffix, in composed Unicode (NFC).

    Args:
        folder: The folder.
        suffixes: Allowed suffixes; upper and lower case are equal. If several files have the same ID, the earliest
            suffix wins, then a suffix in exactly this case, then the first name.
    """
    ranks = {suffix.lower(): rank for rank, suffix in reversed([*enumerate(suffixes)])}
    best: dict[str, tuple[int, bool, str]] = {}
    for name in os.listdir(folder):
        stem, suffix = os.path.splitext(name)
        if suffix.lower() in ranks:
            rank = (ranks[suffix.lower()], suffix not in suffixes, name)
            best[to_nfc(stem)] = min(rank, best.get(to_nfc(stem), rank))
    return {stem: os.path.join(folder, rank[-1]) for stem, rank in best.items()}


def find_file(folder: str | Path, name: str, suffixes: Sequence[str]) -> Path | None:
    """Returns the file of an ID in a folder, None if there is none; see :func:`files_by_id`."""
    path = Path(folder, name + suffixes[0])  # avoids listing a large folder for each file
    if path.is_file():
        return path
    other = files_by_id(folder, suffixes).get(to_nfc(name)) if os.path.isdir(folder) else None
    return other and Path(other)


def similar_file(names: Iterable[str], folder: str | Path) -> str | None:
    """Returns the first file of a folder with one of these names, in any case and with any suffix; None without one."""
    stems = {to_nfc(name).casefold() for name in names}
    files = (name for name in sorted(os.listdir(folder)) if not name.startswith('.'))
    return next((name for name in files if to_nfc(os.path.splitext(name)[0]).casefold() in stems), None)


def to_nfc(text: str) -> str:
    """Returns text with composed accents (NFC). macOS decomposes them in file names."""
    return unicodedata.normalize('NFC', text)
