"""Putting PASCAL-Context for several tasks together from its parts."""

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from mtcp_mm.tasks import DataError
from mtcp_mm.utils import require_regular, run_jobs

from .layout import ID, PASCAL, SPLITS
from .voc_classes import classes_from_context, classes_from_objects


@dataclass(frozen=True)
class VocFolders:
    """The folders that the data set is put together from.

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
            if folder and not any(folder.glob('*.mat')):
                raise DataError(f'{folder}: no .mat file in it; give the folder in which the annotations lie')
        splits = {split: self.read_split(split) for split in SPLITS}
        (root / PASCAL.split_folder).mkdir(parents=True)
        for split, ids in splits.items():
            (root / PASCAL.split_folder / f'{split}.txt').write_text(''.join(f'{name}\n' for name in ids))
        names = sorted(set().union(*splits.values()))
        origins = Counter(run_jobs(ImagePlacer(self, root), names, workers, 'Copying and converting'))
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
        ids = path.read_text(encoding='utf-8', errors='replace').split()
        if not ids or not all(map(ID.fullmatch, ids)):
            raise DataError(f'{path}: not a list of image IDs, one a line; restore it')
        return ids


@dataclass(frozen=True)
class ImagePlacer:
    """Copies image and annotations of an ID, and makes its class map where VOC has none.

    Args:
        folders: Where they are.
        root: The data set's folder.
    """

    folders: VocFolders
    root: Path

    def __call__(self, name: str) -> str:
        self.copy(self.folders.voc / f'JPEGImages/{name}.jpg', 'JPEGImages')
        self.copy_if_there(self.folders.parts / f'{name}.mat', 'human_parts')
        if self.folders.context:
            self.copy_if_there(self.folders.context / f'{name}.mat', 'pascal-context/trainval')
        return self.place_classes(name)

    def place_classes(self, name: str) -> str:
        """Takes VOC's own class map, else makes one of PASCAL-Context's labels, else of PASCAL-Part's objects.

        Returns:
            What it comes from.
        """
        parts = self.folders.parts / f'{name}.mat'
        context = self.folders.context and self.folders.context / f'{name}.mat'
        if self.copy_if_there(self.folders.voc / f'SegmentationClass/{name}.png', 'semseg/VOC12'):
            return 'SegmentationClass of VOC'
        if context and context.is_file():
            classes, origin = classes_from_context(context), 'the labels of PASCAL-Context'
        elif parts.is_file():
            classes = classes_from_objects(parts, self.folders.voc / 'JPEGImages')
            origin = 'the objects of PASCAL-Part'
        else:
            return 'nowhere, so they are void'
        Image.fromarray(classes).save(self.folder('semseg/pascal-context') / f'{name}.png')
        return origin

    def copy_if_there(self, path: Path, folder: str) -> bool:
        """Copies a file that an image need not have; returns whether it has."""
        if path.is_file():
            self.copy(path, folder)
            return True
        return False

    def copy(self, path: Path, folder: str) -> None:
        """Copies a file into a folder of the data set."""
        try:
            require_regular(path)
        except FileNotFoundError as error:
            raise DataError(f'{path}: no such file; restore it, or remove its ID from the lists of images') from error
        shutil.copyfile(path, self.folder(folder) / path.name)

    def folder(self, name: str) -> Path:
        """Returns a folder of the data set, made if need be."""
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder
