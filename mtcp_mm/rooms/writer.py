"""Writing the Rooms data set to a folder."""

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
        height: Height of the images in pixels, at least 16.
        width: Width of the images in pixels, at least 16.
        seed: Seed of the data set, 0 or more. The images are the same in every layout.
        layout: One of :data:`LAYOUTS`: ``'nyud'`` (NYUD_MT) or ``'pascal'`` (PASCAL_MT).
        version: Version of the renderer. It increases when the rendered images change.

    Raises:
        ConfigError: A parameter is out of range.
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
    """Renders the data set to a folder, atomically.

    Files are written to a hidden folder ``.NAME.XXXXXXXX.partial`` beside it, which is renamed when it is complete. A
    killed run leaves that folder behind; it can be deleted.

    Args:
        out: The folder: missing, empty, or already written with the same parameters.
        parameters: Parameters of the data set.
        workers: Number of processes. It does not change the files.

    Returns:
        True if the data set was written, False if it was already there.

    Raises:
        OccupiedFolderError: ``out`` has any other content.
        ConfigError: ``workers`` is less than 1.
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
    """Returns whether the folder has exactly this data set.

    Raises:
        OccupiedFolderError: It has any other content.
    """
    if is_vacant(out):
        return False
    try:
        record = read_json(out / _RECORD, 'restore it')
    except (OSError, ValueError):
        raise OccupiedFolderError(f'{out} is in the way: it was not written by Rooms. Choose another folder.') from None
    if isinstance(record, dict) and 'layout' not in record:
        raise OccupiedFolderError(
            f'{out} has Rooms of an earlier release, which had no edges ({_RECORD} has no layout). '
            'Delete this folder to write it again, or choose another one.'
        )
    if record != asdict(parameters):
        raise OccupiedFolderError(
            f'{out} has Rooms with other parameters ({record}, expected {asdict(parameters)}). '
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
