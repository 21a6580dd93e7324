"""Assembling multi-task PASCAL-Context from its parts."""

import shutil
from collections import Counter
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from mtcp_mm.datasets.id_files import IMAGE_SUFFIXES, files_by_id, read_ids
from mtcp_mm.datasets.layouts import PASCAL, SPLITS
from mtcp_mm.tasks import DataError
from mtcp_mm.utils import encode_image, require_regular, run_jobs

from .archive_files import ID
from .pascal_maps import PascalFiles
from .voc_classes import classes_from_context, classes_from_objects


@dataclass(frozen=True)
class VocFolders:
    """The source folders of the data set.

    Args:
        voc: ``VOCdevkit/VOC2010`` (Everingham et al., IJCV 2010).
        parts: ``Annotations_Part`` of PASCAL-Part (Chen et al., CVPR 2014).
        context: ``trainval`` of PASCAL-Context (Mottaghi et al., CVPR 2014); None without.
    """

    voc: Path
    parts: Path
    context: Path | None

    def assemble(self, root: Path, workers: int) -> list[str]:
        """Writes the data set into a folder; see :func:`prepare`.

        Raises:
            DataError: A folder is not what it should be, or a file is missing or damaged; the message names it.
        """
        for folder in (self.parts, self.context):
            if folder and not (folder.is_dir() and files_by_id(folder, ('.mat',))):
                raise DataError(f'{folder}: no .mat file in it; give the folder in which the annotations lie')
        splits = {split: self.read_split(split) for split in SPLITS}
        (root / PASCAL.splits).mkdir(parents=True)
        for split, ids in splits.items():
            (root / PASCAL.splits / f'{split}.txt').write_text(''.join(f'{name}\n' for name in ids))
        names = sorted(set().union(*splits.values()))
        origins = Counter(run_jobs(partial(self.place, root=root), names, workers, 'Copying and converting'))
        return [f'The class maps of {number} images come from {origin}.' for origin, number in origins.most_common()]

    def read_split(self, split: str) -> list[str]:
        """Reads the IDs of a split: PASCAL-Context's are those of VOC 2010's main task.

        Raises:
            DataError: There is no such list, or something else is in it.
        """
        paths = [self.voc / 'ImageSets' / folder / f'{split}.txt' for folder in ('Context', 'Main')]
        path = next(filter(Path.is_file, paths), None)
        if path is None:
            raise DataError(f'{paths[1]}: no such list of images; give the folder VOCdevkit/VOC2010')
        ids = ' '.join(read_ids(path)).split()  # none of VOC's has a space
        if not all(map(ID.fullmatch, ids)):
            raise DataError(f'{path}: not a list of image IDs, one a line; restore it')
        return ids

    def place(self, name: str, root: Path) -> str:
        """Puts image and annotations of an ID into the data set's folder, and makes a class map if VOC has none.

        Returns:
            What the class map comes from.
        """
        image = find(self.voc / 'JPEGImages', name, IMAGE_SUFFIXES)
        if image is None:
            raise DataError(
                f'{self.voc / "JPEGImages" / name}.jpg: no such file; restore it, or remove its ID from the lists of '
                'images'
            )
        parts = find(self.parts, name, ('.mat',))
        context = self.context and find(self.context, name, ('.mat',))
        copy(image, root / PASCAL.images)
        PascalFiles(parts, context).convert(root, image.parent)
        own, made = (root / folder for folder in PASCAL.maps['semseg'])
        if path := find(self.voc / 'SegmentationClass', name, ('.png',)):
            copy(path, own)
            return 'SegmentationClass of VOC'
        if context:
            classes, origin = classes_from_context(context), 'the labels of PASCAL-Context'
        elif parts:
            classes, origin = classes_from_objects(parts, image.parent), 'the objects of PASCAL-Part'
        else:
            return 'nowhere, so they are void'
        made.mkdir(parents=True, exist_ok=True)
        (made / f'{name}.png').write_bytes(encode_image(classes))
        return origin


def copy(path: Path, folder: Path) -> None:
    """Copies a file into a folder, which is made if need be."""
    require_regular(path)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, folder / path.name)


@cache
def listed(folder: Path, suffixes: tuple[str, ...]) -> dict[str, str]:
    """Lists a folder, which does not change meanwhile, by ID, once for all of its files; see :func:`files_by_id`."""
    return files_by_id(folder, suffixes) if folder.is_dir() else {}


def find(folder: Path, name: str, suffixes: tuple[str, ...]) -> Path | None:
    """Returns an ID's file in a folder, None without one."""
    path = listed(folder, suffixes).get(name)
    return Path(path) if path else None
