"""The log of a training, read from the files of MMEngine's ``LocalVisBackend``."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

from mtcp_mm.utils import MissingFileError, UserError, read_text, reading
from mtcp_mm.utils.untrusted import LARGEST_FILE

Record = dict[str, float]
COUNTERS = ('step', 'iter', 'epoch')
REMEDY = 'restore it, or delete it to leave its run out'


class Curve(NamedTuple):
    """A scalar over the training: values ``y`` at times ``x``."""

    x: list[float]
    y: list[float]


@dataclass(frozen=True)
class TrainingLog:
    """The scalars of a training by name.

    Args:
        unit: Unit of the times, ``'epoch'`` or ``'iteration'``.
        train: Scalars of training, at fractions of an epoch.
        val: Scalars of validation.
    """

    unit: str
    train: dict[str, Curve]
    val: dict[str, Curve]


def read_training_log(work_dir: str | Path) -> TrainingLog:
    """Reads and joins the logs of all runs in a work directory.

    Each run has a folder ``<timestamp>/vis_data``. A later run, resumed or started anew, replaces what earlier runs
    logged after its start. Runs that only validated are left out.

    Raises:
        MissingFileError: The folder has no log of a training.
        UserError: A log is damaged; the message names it.
    """
    train, val, clock = [], [], 'epoch'
    for path in sorted(Path(work_dir).glob('*/vis_data/scalars.json')):
        records = _read_records(path)
        trained = [record for record in records if 'iter' in record]
        if not trained:
            continue
        clock = 'epoch' if 'epoch' in trained[0] else 'iter'
        train = [record for record in train if record['iter'] < trained[0]['iter']] + trained
        val = [record for record in val if record['step'] < trained[0][clock]]
        val += [record for record in records if 'iter' not in record]
    if not train:
        raise MissingFileError(
            f'{work_dir}: no training was logged there (*/vis_data/scalars.json); give the work directory of a '
            'training whose visualizer has an AtomicVisBackend or a LocalVisBackend'
        )
    if any(clock not in record for record in train):
        raise UserError(f'{work_dir}: only some of its records have an {clock}; {REMEDY}')
    length = (_epoch_length(train) or 1) if clock == 'epoch' else 1
    return TrainingLog(
        'epoch' if clock == 'epoch' else 'iteration',
        _curves((record['iter'] / length, record) for record in train),
        _curves((record['step'], record) for record in val),
    )


def _read_records(path: Path) -> list[Record]:
    """Reads the lines of a scalar file, and skips a line that was cut off when a run was killed.

    Raises:
        UserError: It is damaged in another way.
    """
    text = read_text(path, REMEDY, largest=LARGEST_FILE)
    with reading(path, REMEDY, 'no log of a training'):
        return [record for line in text.splitlines() if (record := _read_record(line))]


def _read_record(line: str) -> Record | None:
    """Returns the values of a line as numbers; None if it is not a record."""
    try:
        record = json.loads(line, parse_int=float)
    except json.JSONDecodeError:
        return None
    if not isinstance(record, dict) or 'step' not in record:
        return None
    # A hierarchical LogProcessor puts the mode before each name.
    record = {name.removeprefix('train/').removeprefix('val/'): value for name, value in record.items()}
    if wrong := [name for name in COUNTERS if name in record and not math.isfinite(record[name])]:
        raise ValueError(f'{wrong[0]} is {record[wrong[0]]}')
    return record


def _epoch_length(train: Sequence[Record]) -> float:
    """Returns the iterations of an epoch, from the first record of each."""
    first = {}
    for record in train:
        first.setdefault(record['epoch'], record['iter'])
    lengths = [(b_iter - a_iter) / (b - a) for (a, a_iter), (b, b_iter) in pairwise(first.items()) if b > a]
    return median(lengths) if lengths else train[-1]['iter'] / max(train[-1]['epoch'], 1)


def _curves(records: Iterable[tuple[float, Record]]) -> dict[str, Curve]:
    """Collects the numbers of records into curves by name, without the counters."""
    curves = {}
    for time, record in records:
        for name, value in record.items():
            if name not in COUNTERS and isinstance(value, int | float):
                curve = curves.setdefault(name, Curve([], []))
                curve.x.append(time)
                curve.y.append(value)
    return curves
