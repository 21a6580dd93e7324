"""Folder layouts of the data sets, for all that reads, prepares or writes them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SPLITS = ('train', 'val')
"""The splits of NYUD-v2 and PASCAL-Context."""


@dataclass(frozen=True)
class Layout:
    """The folders of a data set, relative to its root.

    Args:
        name: Name of the data set.
        images: Folder of the images.
        maps: Folder of the maps, or several, by task name. The first one with a map for an image wins.
        splits: Folder of the lists of image IDs, ``train.txt`` and ``val.txt``.
        sizes: Number of images in each split of the complete data set.
    """

    name: str
    images: str
    maps: Mapping[str, str | Sequence[str]]
    splits: str
    sizes: Mapping[str, int]

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of the images and of all maps."""
        return (self.images, *(folder for names in self.maps.values() for folder in as_names(names)))


def as_names(names: str | Sequence[str]) -> tuple[str, ...]:
    """Returns one or more names as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)


NYUD = Layout(
    name='NYUD',
    images='images',
    maps=dict(semseg='segmentation', depth='depth', normals='normals', edge='edge'),
    splits='gt_sets',
    sizes=dict(train=795, val=654),
)

PASCAL = Layout(
    name='PASCAL-Context',
    images='JPEGImages',
    maps=dict(
        semseg=('semseg/VOC12', 'semseg/pascal-context'),
        human_parts='human_parts',
        saliency='sal_distill',
        normals='normals',
        edge='edge',
    ),
    splits='ImageSets/Context',
    sizes=dict(train=4998, val=5105),
)

PASCAL_PARTS = 'human_parts'
"""Folder of PASCAL-Part's annotations (``.mat``) in the public archives of PASCAL-Context."""
PASCAL_NORMALS = 'normals_distill'
"""Folder of the normals in these archives. They are valid for some classes only."""
PASCAL_LABELS = 'pascal-context/trainval'
"""Folder of PASCAL-Context's label maps (``.mat``) in these archives. Edges are computed from them."""
