from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from mmseg.registry import DATASETS

from mtcp_mm.tasks import DataError
from mtcp_mm.tasks.reading import read_array

from .id_files import files_by_id
from .map_cache import CachedReader
from .multi_task_dataset import MultiTaskDataset
from .pascal_boundaries import read_edges
from .pascal_normals import read_normals
from .pascal_parts import read_parts


@DATASETS.register_module()
class PascalContextMultiTask(MultiTaskDataset):
    """PASCAL-Context, 4998 training and 5105 validation images of VOC 2010, with five tasks.

    The layout of ``PASCAL_MT`` (ASTMT, Multi-Task-Learning-PyTorch) and of the ``PASCALContext`` archive of InvPT::

        JPEGImages/ID.jpg
        semseg/VOC12/ID.png                 21 classes, 255 void; where there is none,
        semseg/pascal-context/ID.png        the same from the labels of PASCAL-Context
        human_parts/ID.mat                  PASCAL-Part's anno: see read_parts
        sal_distill/ID.png                  0 to 255, more than half is salient, or as yes_value says
        normals_distill/ID.png              n = 2 v / 255 - 1, axes as the files have them: see read_normals
        pascal-context/trainval/ID.mat      PASCAL-Context's LabelMap: edges (see read_edges), and where normals count
        ImageSets/Context/{train,val}.txt   one ID a line

    Parts and edges are kept after the first reading: see :class:`CachedReader`.

    Args:
        cache_root: Folder for ``human_parts_cached/`` and ``edge_cached/``; the data root by default.
        **kwargs: See :class:`MultiTaskDataset`.

    Raises:
        FileNotFoundError: See :class:`MultiTaskDataset`; a folder or label map is missing that a task's maps need.
    """

    folders = dict(
        semseg=('semseg/VOC12', 'semseg/pascal-context'),
        human_parts='human_parts',
        saliency='sal_distill',
        normals='normals_distill',
        edge='pascal-context/trainval',
    )
    label_folder = 'pascal-context/trainval'
    need_labels = ('normals',)
    """Tasks whose maps are read together with the image's label map."""
    image_folder = 'JPEGImages'
    split_folder = 'ImageSets/Context'
    map_suffixes = ('.mat', '.png')
    source = (
        'Unpack there the PASCAL_MT archive of Multi-Task-Learning-PyTorch or the PASCALContext archive of InvPT, or '
        'prepare it from VOC 2010, PASCAL-Part and PASCAL-Context with tools/dataset_converters/pascal_context.py. For '
        'a try-out, tools/dataset_converters/make_rooms.py --layout pascal renders rooms in this layout.'
    )

    def __init__(self, data_root: str | Path, *args, cache_root: str | Path | None = None, **kwargs) -> None:
        self.cache_root = Path(cache_root or data_root)
        super().__init__(data_root, *args, **kwargs)

    def task_files(self, name: str, ids: Sequence[str]) -> dict[str, str]:
        """Finds the files of a task's maps by ID, and checks that the label maps are there that they need."""
        files = super().task_files(name, ids)
        if name in self.need_labels:
            (folder,) = self.existing_folders(self.label_folder, f'the label maps that task "{name}" needs')
            labelled = files_by_id(folder, ('.mat',))
            if missing := [i for i in ids if i in files and i not in labelled]:
                raise FileNotFoundError(
                    f'{folder}: no label map for {len(missing)} of the {len(ids)} IDs of split "{self.split}" that '
                    f'have a map of task "{name}", {missing[0]} the first; restore them or remove these IDs'
                )
        return files

    @property
    def readers(self) -> dict[str, Callable[[str], np.ndarray]]:
        """What reads the maps of all tasks but classes."""
        root = Path(self.data_root)
        parts = partial(read_parts, image_folder=root / self.image_folder)
        readers = dict(
            human_parts=CachedReader(parts, str(self.cache_root / 'human_parts_cached'), 'parts 1'),
            edge=CachedReader(read_edges, str(self.cache_root / 'edge_cached'), 'edges 2'),
            normals=partial(read_normals, label_folder=root / self.label_folder),
        )
        # Where the task's entry says what means yes, that holds.
        declared = any('yes_value' in task for task in self.tasks if task['name'] == 'saliency')
        return readers if declared else readers | dict(saliency=read_saliency)


def read_saliency(path: str | Path) -> np.ndarray:
    """Reads a grey map as a mask: bool (H, W). Grey throughout, a file without anything salient may have 1 at most.

    Raises:
        DataError: The file cannot be read whole, or is no 8-bit image; the message names it.
    """
    values = read_array(path)
    if values.dtype != np.uint8:
        raise DataError(f'{path}: saliency of type {values.dtype}; an image of 8 bits is expected')
    return values > 127
