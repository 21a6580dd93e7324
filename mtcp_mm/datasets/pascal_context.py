from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from mmseg.registry import DATASETS

from mtcp_mm.tasks import DataError
from mtcp_mm.tasks.reading import read_array

from .layouts import PASCAL, PASCAL_LABELS, PASCAL_NORMALS
from .multi_task_dataset import MultiTaskDataset


@DATASETS.register_module()
class PascalContextMultiTask(MultiTaskDataset):
    """PASCAL-Context, 4998 training and 5105 validation images of VOC 2010, with five tasks.

    The layout is that of ``PASCAL_MT`` (ASTMT, Multi-Task-Learning-PyTorch) and of the ``PASCALContext`` archive of
    InvPT, with images in place of their MATLAB files. ``tools/dataset_converters/pascal_context.py`` converts them::

        JPEGImages/ID.jpg
        semseg/VOC12/ID.png                 21 classes, 255 void; where there is none,
        semseg/pascal-context/ID.png        the same from the labels of PASCAL-Context
        human_parts/ID.png                  0 background, 1 to 6 the parts, 255 void
        sal_distill/ID.png                  0 to 255, more than half is salient, or as yes_value says
        normals/ID.png                      n = 2 v / 255 - 1, axes as the files have them; 127 throughout is void
        edge/ID.png                         0 and 255
        ImageSets/Context/{train,val}.txt   one ID a line

    Args:
        **kwargs: See :class:`MultiTaskDataset`.

    Raises:
        DataError: See :class:`MultiTaskDataset`; or the maps of a task have not been converted.
    """

    folders = {
        **PASCAL.maps,
        'normals': (PASCAL.maps['normals'], PASCAL_NORMALS),
        'edge': (PASCAL.maps['edge'], PASCAL_LABELS),
    }
    """The maps' folders, and those of files that are still to be converted, so that these are noticed."""
    image_folder = PASCAL.images
    split_folder = PASCAL.splits
    map_suffixes = ('.png', '.mat')
    source = (
        'Prepare it with tools/dataset_converters/pascal_context.py from the PASCAL_MT archive of '
        'Multi-Task-Learning-PyTorch, from the PASCALContext archive of InvPT, or from VOC 2010, PASCAL-Part and '
        'PASCAL-Context. For a try-out, tools/dataset_converters/make_rooms.py --layout pascal renders rooms in this '
        'layout.'
    )

    def task_files(self, name: str, ids: Sequence[str]) -> dict[str, str]:
        """Finds the files of a task's maps by ID; see :meth:`MultiTaskDataset.task_files`.

        Raises:
            DataError: There is none; or one is still to be converted, and the message says how.
        """
        files = super().task_files(name, ids)
        if raw := [files[i] for i in ids if i in files and is_unconverted(files[i])]:
            root = self.data_root
            raise DataError(
                f'{raw[0]}: this map of task "{name}" and {len(raw) - 1} others of split "{self.split}" are not '
                'converted for training; do it once for the whole data set, in place: '
                f'python tools/dataset_converters/pascal_context.py {root} {root} (or name another folder at the end, '
                'and set data_root to it)'
            )
        return files

    @property
    def readers(self) -> dict[str, Callable[[str], np.ndarray]]:
        """What reads saliency, unless the task's entry says which value means yes."""
        declared = any('yes_value' in task for task in self.tasks if task['name'] == 'saliency')
        return {} if declared else dict(saliency=read_saliency)


def read_saliency(path: str | Path) -> np.ndarray:
    """Reads a grey map as a mask: bool (H, W). A file without anything salient may have 1 at most.

    Raises:
        DataError: The file cannot be read whole, or is no 8-bit image; the message names it.
    """
    values = read_array(path)
    if values.dtype != np.uint8:
        raise DataError(f'{path}: saliency of type {values.dtype}; an image of 8 bits is expected')
    return values > 127


def is_unconverted(path: str | Path) -> bool:
    """Whether a file is one of the archives that circulate, from which a map is still to be made."""
    path = Path(path)
    return path.suffix.lower() == '.mat' or path.parent.name == PASCAL_NORMALS
