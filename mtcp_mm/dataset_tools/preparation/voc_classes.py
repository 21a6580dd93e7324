"""Class maps of PASCAL VOC from other annotations of its images."""

from pathlib import Path

import numpy as np

from mtcp_mm.dataset_tools.matlab.mat_file import read_mat
from mtcp_mm.dataset_tools.preparation.pascal_boundaries import read_label_map
from mtcp_mm.dataset_tools.preparation.pascal_parts import image_size, mask_of
from mtcp_mm.tasks.reading import reading_data

CONTEXT_LABELS = (0, 2, 23, 25, 31, 34, 45, 59, 65, 72, 98, 397, 113, 207, 258, 284, 308, 347, 368, 416, 427)
"""PASCAL-Context's label of each VOC class, from the background on: aeroplane, bicycle, ..., tvmonitor."""


def classes_from_context(path: str | Path) -> np.ndarray:
    """Returns the VOC classes uint8 (H, W) in a label map of PASCAL-Context; all else is background, 0.

    Raises:
        DataError: The file is damaged; the message names it.
    """
    labels = read_label_map(path)
    classes = np.zeros(labels.shape, np.uint8)
    for number, label in enumerate(CONTEXT_LABELS):
        classes[labels == label] = number
    return classes


def classes_from_objects(path: str | Path, image_folder: str | Path) -> np.ndarray:
    """Returns the VOC classes of the objects in an annotation of PASCAL-Part; all else is background, 0.

    Args:
        path: The ``.mat`` file.
        image_folder: Where the image lies that has its name; its size is that of a file without objects.

    Returns:
        uint8 (H, W). Where objects overlap, the later one wins.

    Raises:
        DataError: The file is damaged; the message names it.
    """
    anno = read_mat(path, 'anno')
    with reading_data(path, 'not an annotation of PASCAL-Part', 'restore the file'):
        objects = [(int(np.ravel(thing['class_ind'])[0]), mask_of(thing)) for thing in anno[0]['objects']]
        classes = np.zeros(objects[0][1].shape if objects else image_size(Path(path).stem, image_folder), np.uint8)
        for number, mask in objects:
            if not 0 < number < len(CONTEXT_LABELS):
                raise ValueError(f'class {number}')
            classes[mask] = number
    return classes
