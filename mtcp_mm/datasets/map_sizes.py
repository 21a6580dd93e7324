"""Checks that maps have the size of their image."""

from pathlib import Path

import numpy as np

from mtcp_mm.tasks import DataError

EXIF_HINT = ' (if EXIF data rotate the image but not its maps, use LoadImage and set upright=False of the data set)'


def check_map_size(path: str | Path, map_: np.ndarray, task: str, owner: str, size: tuple[int, ...]) -> None:
    """Checks that a map has the size of its image.

    Args:
        path: File of the map.
        map_: The map (H, W[, channels]).
        task: Name of its task.
        owner: The image and its file, in words.
        size: Height and width of the image.

    Raises:
        DataError: The sizes differ; the message names both files and sizes.
    """
    map_size = map_.shape[:2]
    if map_size != size:
        raise DataError(
            f'{path}: the map of task "{task}" has {map_size[0]}x{map_size[1]} pixels (height x width), {owner} has '
            f'{size[0]}x{size[1]}; they must have the same size{EXIF_HINT if map_size == size[::-1] else ""}'
        )
