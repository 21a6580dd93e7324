"""Files and folders that are there whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file in one step, so that nobody sees a part of it, whoever else writes it; its folder is made.

    Raises:
        OSError: It cannot be written; what it held before is untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f'.{path.name}.{uuid4().hex}')
    try:
        unfinished.write_bytes(content)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def is_vacant(out: Path) -> bool:
    """Whether an output folder is absent or empty."""
    return not out.exists() or (out.is_dir() and not any(out.iterdir()))


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Gives a folder to fill, which takes its name when it is complete.

    Until then it lies beside it as a hidden ``.NAME.XXXXXXXX.partial``. A run that fails takes it away; one that is
    killed leaves it behind, and it can be deleted.

    Args:
        out: The folder; absent or empty.

    Raises:
        OSError: It cannot be made.
    """
    partial = out.with_name(f'.{out.name}.{uuid4().hex[:8]}.partial')
    partial.mkdir(parents=True)
    try:
        yield partial
        os.rename(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
