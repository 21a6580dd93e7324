"""PASCAL-Part annotations as maps of the parts of people."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from mtcp_mm.dataset_tools.matlab import read_mat
from mtcp_mm.datasets.id_files import IMAGE_SUFFIXES, find_file
from mtcp_mm.tasks.reading import reading_data
from mtcp_mm.utils import open_regular
from mtcp_mm.utils.image_files import decode_image

HUMAN_PARTS = {
    'head': ('head', 'hair', 'nose', 'mouth', 'lear', 'rear', 'leye', 'reye', 'lebrow', 'rebrow'),
    'torso': ('torso', 'neck'),
    'upper arm': ('luarm', 'ruarm'),
    'lower arm': ('llarm', 'lhand', 'rlarm', 'rhand'),
    'upper leg': ('luleg', 'ruleg'),
    'lower leg': ('llleg', 'lfoot', 'rlleg', 'rfoot'),
}
"""The six parts of the multi-task literature in the order of their classes, and PASCAL-Part's names of each."""

PART_CLASSES = {part: label for label, parts in enumerate(HUMAN_PARTS.values(), 1) for part in parts}
"""Class of each of PASCAL-Part's names; 0 is the background."""

VOID = 255


def read_parts(path: str | Path, image_folder: str | Path | None = None) -> np.ndarray:
    """Reads the parts of the people in an image from its ``anno`` of PASCAL-Part (Chen et al., CVPR 2014).

    As in the multi-task literature (ASTMT and Multi-Task-Learning-PyTorch, with their 6 parts): where parts overlap,
    the one that comes later in the file wins, be it of the same person or of another; a person's pixels in no part are
    background, as is whatever is not a person; an image without any part of a person is void as a whole.

    Args:
        path: The ``.mat`` file.
        image_folder: Where the image lies that has the file's name; its size is that of a file without objects.

    Returns:
        uint8 (H, W): 0 background, 1 to 6 as in :data:`HUMAN_PARTS`, 255 void.

    Raises:
        DataError: The file is damaged or no such annotation, has a person's part of another name, or masks of
            different sizes; the message names it.
    """
    anno = read_mat(path, 'anno')
    with reading_data(path, 'not an annotation of PASCAL-Part'):
        objects = anno[0]['objects']
        people = list(person_parts(objects))
        shapes = {mask.shape for _, mask in people} | {mask_of(thing).shape for thing in objects}
        if len(shapes) > 1:
            raise ValueError(f'masks of different sizes: {", ".join(map(str, sorted(shapes)))}')
        shape = shapes.pop() if shapes else image_size(Path(path).stem, image_folder)
    parts = np.zeros(shape, np.uint8)
    for label, mask in people:
        parts[mask] = label
    return parts if parts.any() else np.full(shape, VOID, np.uint8)


def person_parts(objects: list[Mapping]) -> Iterator[tuple[int, np.ndarray]]:
    """Yields class and mask (H, W) of each part of each person, in the order of the file."""
    for thing in objects:
        if thing['class'] != 'person':
            continue
        for part in thing['parts']:
            if part['part_name'] not in PART_CLASSES:
                raise ValueError(f'a person has no part "{part["part_name"]}", only {", ".join(PART_CLASSES)}')
            yield PART_CLASSES[part['part_name']], mask_of(part)


def mask_of(entry: Mapping) -> np.ndarray:
    """Returns the mask of an object or part as bool (H, W)."""
    mask = np.asarray(entry['mask'])
    if mask.ndim != 2 or mask.dtype.kind not in 'biuf':
        raise ValueError(f'a mask of {mask.shape}, {mask.dtype}')
    return mask != 0


def image_size(name: str, folder: str | Path | None) -> tuple[int, int]:
    """Reads height and width of an image, known by its ID, from its header."""
    path = find_file(folder, name, IMAGE_SUFFIXES) if folder else None
    if path is None:
        raise ValueError('without an object it has no size, and its image is not there')
    with open_regular(path) as file:
        return decode_image(file, lambda image: (image.height, image.width))
