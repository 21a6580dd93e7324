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
    """PASCAL-Context with five tasks: 4998 training and 5105 validation images of VOC 2010.

    The layout is that of ``PASCAL_MT`` (ASTMT, Multi-Task-Learning-PyTorch) and of the ``PASCALContext`` archive of
    InvPT, but their MATLAB files are converted to images by ``tools/dataset_converters/pascal_context.py``::

        JPEGImages/ID.jpg
        semseg/VOC12/ID.png                 21 classes, 255 void
        semseg/pascal-context/ID.png        used for images without the file above
        human_parts/ID.png                  0 background, 1 to 6 parts, 255 void
        sal_distill/ID.png                  0 to 255, salient above 127, or as set by yes_value
        normals/ID.png                      n = 2 v / 255 - 1, axes as in the archive; (127, 127, 127) is void
        edge/ID.png                         0 and 255
        ImageSets/Context/{train,val}.txt   one ID per line

    Args:
        **kwargs: See :class:`MultiTaskDataset`.

    Raises:
        DataError: See :class:`MultiTaskDataset`; or the maps of a task are not converted.
    """

    folders = {
        **PASCAL.maps,
        'normals': (PASCAL.maps['normals'], PASCAL_NORMALS),
        'edge': (PASCAL.maps['edge'], PASCAL_LABELS),
    }
    """Folders of the maps, and of the files in the archives, so that unconverted ones are detected."""
    image_folder = PASCAL.images
    split_folder = PASCAL.splits
    map_suffixes = ('.png', '.mat')
    source = (
        'Prepare it with tools/dataset_converters/pascal_context.py from the PASCAL_MT archive of '
        'Multi-Task-Learning-PyTorch, from the PASCALContext archive of InvPT, or from VOC 2010, PASCAL-Part and '
        'PASCAL-Context. To try things out, tools/dataset_converters/make_rooms.py --layout pascal renders rooms in '
        'this layout.'
    )

    def task_files(self, name: str, ids: Sequence[str]) -> dict[str, str]:
        """Returns the maps of a task by ID; see :meth:`MultiTaskDataset.task_files`.

        Raises:
            DataError: There is no map; or a map is not converted, and the message gives the command.
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
        """Reads saliency with :func:`read_saliency`, unless the task sets ``yes_value``."""
        declared = any('yes_value' in task for task in self.tasks if task['name'] == 'saliency')
        return {} if declared else dict(saliency=read_saliency)


def read_saliency(path: str | Path) -> np.ndarray:
    """Reads an 8-bit grey map as a mask, bool (H, W): salient above 127.

    :class:`BinaryMap` would reject grey values without a ``yes_value``.

    Raises:
        DataError: The file is damaged or no 8-bit image; the message names it.
    """
    values = read_array(path)
    if values.dtype != np.uint8:
        raise DataError(f'{path}: saliency of type {values.dtype}; an 8-bit image is expected')
    return values > 127


def is_unconverted(path: str | Path) -> bool:
    """Returns whether a file comes from a public archive and has to be converted to a map."""
    path = Path(path)
    return path.suffix.lower() == '.mat' or path.parent.name == PASCAL_NORMALS
