"""The record of what was written to an output folder."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtcp_mm.utils import OccupiedFolderError, is_vacant, read_json

RECORD = 'preparation.json'
"""The file in an output folder that says what was put there; written last."""


def write_record(root: Path, record: Mapping[str, Any]) -> None:
    """Writes down what is in a folder."""
    (root / RECORD).write_text(json.dumps(record, indent=2) + '\n', encoding='utf-8')


def read_record(out: Path, origin: Mapping[str, Any]) -> dict[str, Any] | None:
    """Reads what was put into an output folder before.

    Args:
        out: The folder.
        origin: What it should have been made of: the part of the record that is known beforehand.

    Returns:
        The record; None if the folder is absent or empty.

    Raises:
        OccupiedFolderError: It holds anything else.
    """
    if is_vacant(out):
        return None
    try:
        record = read_json(out / RECORD, 'restore it')
        found = {name: record[name] for name in origin}
        record['counts'], tuple(record['notes'])
    except (OSError, ValueError, LookupError, TypeError):
        raise OccupiedFolderError(
            f'{out} is in the way: it was not prepared by this tool; choose another folder'
        ) from None
    if found != dict(origin):
        raise OccupiedFolderError(
            f'{out} was made of something else ({found}, wanted {dict(origin)}); choose another folder, or delete this '
            'one first'
        )
    return record
