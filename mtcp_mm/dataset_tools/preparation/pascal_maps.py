"""Converting the files of the PASCAL archives into the maps that training reads.

Training reads every map once an epoch, and these files are slow to read: the parts of a real image take 8.0 ms from
PASCAL-Part's annotation and 0.5 ms from PNG.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from mtcp_mm.datasets.id_files import files_by_id, read_ids
from mtcp_mm.datasets.layouts import PASCAL, PASCAL_LABELS, PASCAL_NORMALS, PASCAL_PARTS, SPLITS
from mtcp_mm.tasks import DataError
from mtcp_mm.utils import atomic_write, consume, encode_image, run_jobs

from .pascal_boundaries import boundaries, read_label_map
from .pascal_normals import read_normals
from .pascal_parts import read_parts

Write = Callable[[Path, bytes], object]


@dataclass(frozen=True)
class PascalFiles:
    """The files of an image from which maps are converted; None where there is no such file.

    Args:
        parts: PASCAL-Part's annotation, ``.mat``.
        labels: PASCAL-Context's label map, ``.mat``.
        normals: The image of distilled normals, which count on some classes of the label map only.
    """

    parts: Path | None
    labels: Path | None
    normals: Path | None = None

    def convert(self, root: Path, image_folder: Path, write: Write = Path.write_bytes) -> None:
        """Writes the maps that can be made: of parts, of normals and of edges.

        Args:
            root: The data set's folder.
            image_folder: Where the image lies.
            write: Writes a file, by its path and content.

        Raises:
            DataError: A file is damaged, or two of them differ in size; the message names it.
        """
        maps = {}
        if self.parts:
            maps['human_parts'] = self.parts, read_parts(self.parts, image_folder)
        if self.labels:
            labels = read_label_map(self.labels)
            maps['edge'] = self.labels, boundaries(labels) * np.uint8(255)
            if self.normals:
                maps['normals'] = self.normals, read_normals(self.normals, labels, self.labels)
        for task, (source, values) in maps.items():
            folder = root / PASCAL.maps[task]
            folder.mkdir(exist_ok=True)
            write(folder / f'{source.stem}.png', encode_image(values))


def convert_in_place(root: Path, workers: int) -> None:
    """Converts a data set; the files that it had stay, and the maps that training reads are put beside them.

    Raises:
        DataError: A file is damaged, or normals lack their label map; the message names it.
        UnwritableError: A map cannot be written.
    """
    convert = partial(PascalFiles.convert, root=root, image_folder=root / PASCAL.images, write=atomic_write)
    consume(run_jobs(convert, list(find_files(root)), workers, 'Converting maps'))


def find_files(root: Path) -> Iterator[PascalFiles]:
    """Finds the files to convert of each image that is in a split.

    Raises:
        DataError: Normals lack their label map; the message names the first.
    """
    parts, labels, normals = (
        {name: Path(path) for name, path in files_by_id(root / folder, (suffix,)).items()}
        if (root / folder).is_dir()
        else {}
        for folder, suffix in ((PASCAL_PARTS, '.mat'), (PASCAL_LABELS, '.mat'), (PASCAL_NORMALS, '.png'))
    )
    lines = [line for split in SPLITS for line in read_ids(root / PASCAL.splits / f'{split}.txt')]
    names = {name for line in lines for name in (line, *line.split())}
    if missing := sorted((names & normals.keys()) - labels.keys()):
        raise DataError(
            f'{root / PASCAL_LABELS}: no label map for {len(missing)} of the {len(names & normals.keys())} IDs that '
            f'have a map of task "normals", {missing[0]} the first; restore them or remove these IDs'
        )
    for name in sorted(names & (parts.keys() | labels.keys())):
        yield PascalFiles(parts.get(name), labels.get(name), normals.get(name))


def remove_converted(root: Path) -> None:
    """Removes the files from which a data set's maps were converted."""
    for path in files_by_id(root / PASCAL_PARTS, ('.mat',)).values():
        Path(path).unlink()
    for folder in (Path(PASCAL_LABELS).parts[0], PASCAL_NORMALS):
        shutil.rmtree(root / folder, ignore_errors=True)
