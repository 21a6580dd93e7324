"""The JSON file with the scores of the last evaluation."""

import json
import logging
import math
from pathlib import Path

from mmengine.logging import MMLogger

from mtcp_mm.utils import atomic_write


def work_dir() -> Path | None:
    """Returns the runner's work directory, or None without a runner.

    It is known from the current logger, which writes to ``<work_dir>/<time>/<time>.log``.
    """
    handlers = MMLogger.get_current_instance().handlers
    files = [Path(handler.baseFilename) for handler in handlers if isinstance(handler, logging.FileHandler)]
    return files[0].parent.parent if files else None


def write_metrics(path: Path, metrics: dict) -> None:
    """Writes metrics as JSON, atomically. Non-finite numbers become null."""
    plain = {
        key: {name: x if math.isfinite(x) else None for name, x in value.items()} if isinstance(value, dict) else value
        for key, value in metrics.items()
    }
    atomic_write(path, f'{json.dumps(plain, indent=2)}\n'.encode())
