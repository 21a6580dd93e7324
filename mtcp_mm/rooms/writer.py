"""Writing the data set into a folder."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mtcp_mm.utils import ConfigError, OccupiedFolderError, consume, is_vacant, read_json, run_jobs, whole_folder

from .nyud_layout import NYUD_LAYOUT
from .pascal_layout import PASCAL_LAYOUT
from .rendering import SPLITS, render_room

LAYOUTS = {'nyud': NYUD_LAYOUT, 'pascal': PASCAL_LAYOUT}
_RECORD = 'rooms.json'
_SMALLEST = 16


@dataclass(frozen=True)
class RoomsParameters:
    """Parameters that determine every byte of the data set.

    Args:
        train: Number of training images, at least 1.
        val: Number of validation images, at least 1.
        height: Rows of the images, at least 16.
        width: Columns of the images, at least 16.
        seed: Seed of the data set, not negative; the images are the same in every layout.
        layout: One of :data:`LAYOUTS`: ``'nyud'`` (NYUD_MT) or ``'pascal'`` (PASCAL_MT).
        version: Version of the renderer; grows when its images change.

    Raises:
        ConfigError: If one of them is out of range.
    """

    train: int
    val: int
    height: int
    width: int
    seed: int
    layout: str = 'nyud'
    version: int = 1

    def __post_init__(self) -> None:
        """Checks the ranges."""
        if self.layout not in LAYOUTS:
            raise ConfigError(f'Rooms: layout is {self.layout!r}, but must be one of {", ".join(LAYOUTS)}.')
        lowest = dict(train=1, val=1, height=_SMALLEST, width=_SMALLEST, seed=0)
        for name, least in lowest.items():
            if getattr(self, name) < least:
                raise ConfigError(f'Rooms: {name} is {getattr(self, name)}, but must be at least {least}.')


def write_rooms(out: str | Path, parameters: RoomsParameters, workers: int = 1) -> bool:
    """Renders the data set into a folder, all of it or nothing.

    It is written beside the folder, as a hidden ``.NAME.XXXXXXXX.partial``, which takes the
    folder's name when it is complete. A run that is killed leaves that one behind; it can be
    deleted.

    Args:
        out: The folder; absent, empty, or written before with the same parameters.
        parameters: What to render.
        workers: Number of processes; it changes nothing in the files.

    Returns:
        True if it was written, False if it was there already.

    Raises:
        OccupiedFolderError: If ``out`` holds anything else.
        ConfigError: If there is not at least one worker.
    """
    if workers < 1:
        raise ConfigError(f'Rooms: workers is {workers}, but must be at least 1.')
    out = Path(out).resolve()
    if _is_written(out, parameters):
        return False
    layout = LAYOUTS[parameters.layout]
    with whole_folder(out) as partial:
        for folder in (*layout.folders, layout.splits):
            (partial / folder).mkdir(parents=True)
        _write_splits(partial, parameters, workers)
        record = json.dumps(asdict(parameters), indent=2)
        (partial / _RECORD).write_text(record + '\n', encoding='utf-8')
    return True


def _is_written(out: Path, parameters: RoomsParameters) -> bool:
    """Whether the folder holds this very data set; an error if it holds something else."""
    if is_vacant(out):
        return False
    try:
        found = read_json(out / _RECORD, 'restore it')
    except (OSError, ValueError):
        raise OccupiedFolderError(f'{out} is in the way: it was not written by Rooms. Choose another folder.') from None
    if isinstance(found, dict) and 'layout' not in found:
        raise OccupiedFolderError(
            f'{out} holds Rooms of an earlier release, which had no edges ({_RECORD} names no layout). '
            'Delete this folder to have it written anew, or choose another one.'
        )
    if found != asdict(parameters):
        raise OccupiedFolderError(
            f'{out} holds Rooms of other parameters ({found}, wanted {asdict(parameters)}). '
            'Choose another folder, or delete this one first.'
        )
    return True


def _write_splits(root: Path, parameters: RoomsParameters, workers: int) -> None:
    jobs = []
    for split, count in zip(SPLITS, (parameters.train, parameters.val), strict=True):
        jobs += [(root, parameters, split, index) for index in range(count)]
        names = ''.join(f'{_name(split, index)}\n' for index in range(count))
        (root / LAYOUTS[parameters.layout].splits / f'{split}.txt').write_text(names, encoding='utf-8')
    consume(run_jobs(_write_one, jobs, workers, 'Rendering rooms'))


def _name(split: str, index: int) -> str:
    return f'{split}_{index:05d}'


def _write_one(job: tuple[Path, RoomsParameters, str, int]) -> None:
    root, parameters, split, index = job
    sample = render_room(parameters.seed, split, index, parameters.height, parameters.width)
    LAYOUTS[parameters.layout].write(sample, root, _name(split, index))
