from collections.abc import Callable
from pathlib import Path

import numpy as np
from mmseg.registry import DATASETS

from mtcp_mm.tasks.reading import read_array

from .layouts import NYUD
from .multi_task_dataset import MultiTaskDataset


@DATASETS.register_module()
class NYUDMultiTask(MultiTaskDataset):
    """NYUD-v2 with four tasks: 795 training and 654 validation images of indoor scenes.

    Both public archives are supported, with images of any size: ``NYUD_MT`` (jpg images, npy maps) of
    Multi-Task-Learning-PyTorch and ``NYUDv2`` (png) of InvPT::

        images/ID.{jpg,png}
        segmentation/ID.png          0 void, 1 to 40
        depth/ID.npy                 float32, metres
        normals/ID.{npy,png}         float32 in [-1, 1], or 8 bits with n = 2 v / 255 - 1
        edge/ID.{npy,png}            0 and 1 in npy, 0 and 255 in png
        gt_sets/{train,val}.txt      one ID per line

    Args:
        **kwargs: See :class:`MultiTaskDataset`.
    """

    folders = NYUD.maps
    image_folder = NYUD.images
    split_folder = NYUD.splits
    source = (
        'Unpack the NYUD_MT archive of Multi-Task-Learning-PyTorch or the NYUDv2 archive of InvPT there, set '
        'data_root to its folder, or prepare it from nyu_depth_v2_labeled.mat with '
        'tools/dataset_converters/nyud.py. To try things out, tools/dataset_converters/make_rooms.py renders rooms in '
        'this layout.'
    )

    @property
    def readers(self) -> dict[str, Callable[[str], np.ndarray]]:
        """Reads edges with :func:`read_edges`."""
        return dict(edge=read_edges)


def read_edges(path: str | Path) -> np.ndarray:
    """Reads edges (H, W).

    The arrays of ``NYUD_MT`` hold 0 and 1 in any type. They become floats, since :class:`BinaryMap` reads 1 as yes only
    in floats.

    Raises:
        DataError: The file is damaged; the message names it.
    """
    values = read_array(path)
    return values.astype(np.float32) if Path(path).suffix.lower() == '.npy' and values.dtype.kind in 'iu' else values
