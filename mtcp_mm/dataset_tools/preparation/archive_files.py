"""Which files of an archive belong to a data set, and where they go."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mtcp_mm.datasets.id_files import IMAGE_SUFFIXES
from mtcp_mm.datasets.layouts import (
    NYUD,
    PASCAL,
    PASCAL_LABELS,
    PASCAL_NORMALS,
    PASCAL_PARTS,
    SPLITS,
    Layout,
)
from mtcp_mm.tasks import DataError

ID = re.compile(r'\w[\w.-]*', re.ASCII)


@dataclass(frozen=True)
class ArchiveFiles:
    """The files of a data set in the archives that circulate.

    Args:
        layout: The data set.
        suffixes: Suffixes of the files in each folder.
    """

    layout: Layout
    suffixes: Mapping[str, tuple[str, ...]]

    def has(self, name: str) -> bool:
        """Whether a file belongs to the data set, by its path from the data set's root."""
        file = PurePosixPath(name)
        if str(file.parent) == self.layout.splits:
            return file.suffix.lower() == '.txt' and file.stem in SPLITS
        return file.suffix.lower() in self.suffixes.get(str(file.parent), ()) and bool(ID.fullmatch(file.stem))

    def may_have(self, name: str) -> bool:
        """Whether a file may belong to the data set, by its path in an archive."""
        parts = PurePosixPath(name).parts
        return any(self.has('/'.join(parts[start:])) for start in range(len(parts)))

    def places(self, names: Collection[str], source: Path) -> dict[str, str]:
        """Finds the data set's files among others, in whatever folder the data set lies.

        Args:
            names: Paths of files in an archive.
            source: The archive, for errors.

        Returns:
            The path from the data set's root, by the path in the archive.

        Raises:
            DataError: There is no such data set, or more than one.
        """
        marker = f'{self.layout.splits}/{SPLITS[0]}.txt'
        roots = {name.removesuffix(marker) for name in names if f'/{name}'.endswith(f'/{marker}')}
        if len(roots) != 1:
            found = f'is in {len(roots)} folders: {", ".join(sorted(roots))}' if roots else 'is missing'
            raise DataError(
                f'{source}: {marker} {found}. Give the archive or folder of one {self.layout.name} data set, with '
                f'{", ".join(self.suffixes)} and {self.layout.splits}'
            )
        root = roots.pop()
        places = {name: name.removeprefix(root) for name in names if name.startswith(root)}
        return {name: place for name, place in places.items() if self.has(place)}


NYUD_FILES = ArchiveFiles(
    NYUD,
    {
        NYUD.images: IMAGE_SUFFIXES,
        NYUD.maps['semseg']: ('.png',),
        NYUD.maps['depth']: ('.npy',),
        NYUD.maps['normals']: ('.npy', '.png'),
        NYUD.maps['edge']: ('.npy', '.png'),
    },
)

PASCAL_FILES = ArchiveFiles(
    PASCAL,
    dict.fromkeys(PASCAL.folders, ('.png',))
    | {
        PASCAL.images: IMAGE_SUFFIXES,
        PASCAL_PARTS: ('.png', '.mat'),
        PASCAL_NORMALS: ('.png',),
        PASCAL_LABELS: ('.mat',),
    },
)
"""Those to be converted included."""
