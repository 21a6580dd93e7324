"""Where the files of a data set lie."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mtcp_mm.datasets.id_files import IMAGE_SUFFIXES
from mtcp_mm.tasks import DataError

SPLITS = ('train', 'val')
ID = re.compile(r'\w[\w.-]*', re.ASCII)


@dataclass(frozen=True)
class Layout:
    """The folders of a data set and what lies in them.

    Args:
        name: The data set's name.
        folders: Suffixes of the files in each folder.
        split_folder: Folder of the lists of IDs, ``train.txt`` and ``val.txt``.
        sizes: Images of each split of the whole data set.
    """

    name: str
    folders: Mapping[str, tuple[str, ...]]
    split_folder: str
    sizes: Mapping[str, int]

    def has(self, name: str) -> bool:
        """Whether a file belongs to the data set, by its path from the data set's root."""
        file = PurePosixPath(name)
        if str(file.parent) == self.split_folder:
            return file.suffix.lower() == '.txt' and file.stem in SPLITS
        return file.suffix.lower() in self.folders.get(str(file.parent), ()) and bool(ID.fullmatch(file.stem))

    def places(self, names: Collection[str], source: Path) -> dict[str, str]:
        """Finds the data set's files among others, in whatever folder it lies.

        Args:
            names: Names of files.
            source: Where they are, for errors.

        Returns:
            By name, the path from the data set's root.

        Raises:
            DataError: There is not one such data set.
        """
        marker = f'{self.split_folder}/{SPLITS[0]}.txt'
        roots = {name.removesuffix(marker) for name in names if f'/{name}'.endswith(f'/{marker}')}
        if len(roots) != 1:
            found = f'in {len(roots)} folders: {", ".join(sorted(roots))}' if roots else 'nowhere'
            raise DataError(
                f'{source}: not one {self.name} data set, whose {marker} is {found}; give the archive or folder of '
                f'one, which holds {", ".join(self.folders)} and {self.split_folder}'
            )
        root = roots.pop()
        places = {name: name.removeprefix(root) for name in names if name.startswith(root)}
        return {name: place for name, place in places.items() if self.has(place)}


NYUD = Layout(
    'NYUD',
    {
        'images': IMAGE_SUFFIXES, 'segmentation': ('.png',), 'depth': ('.npy',), 'normals': ('.npy', '.png'),
        'edge': ('.npy', '.png'),
    },
    'gt_sets',
    dict(train=795, val=654),
)  # fmt: skip

PASCAL = Layout(
    'PASCAL-Context',
    {
        'JPEGImages': IMAGE_SUFFIXES, 'semseg/VOC12': ('.png',), 'semseg/pascal-context': ('.png',),
        'human_parts': ('.mat',), 'sal_distill': ('.png',), 'normals_distill': ('.png',),
        'pascal-context/trainval': ('.mat',),
    },
    'ImageSets/Context',
    dict(train=4998, val=5105),
)  # fmt: skip
