"""Maps and what they have to be as large as."""

from pathlib import Path

import numpy as np

from mtcp_mm.tasks import DataError

EXIF_HINT = (
    ' (where EXIF data turn the image and not its maps, load it by LoadImage and set upright=False of the data set)'
)


def check_map_size(path: str | Path, map_: np.ndarray, task: str, owner: str, size: tuple[int, ...]) -> None:
    """Checks that a map is as large as what it belongs to.

    Args:
        path: The map's file.
        map_: The map (H, W[, channels]).
        task: The name of its task.
        owner: What it belongs to, in words: an image and its file.
        size: Height and width of the owner.

    Raises:
        DataError: It is not; the message names both files and sizes.
    """
    found = map_.shape[:2]
    if found != size:
        raise DataError(
            f'{path}: the map of task "{task}" has {found[0]}x{found[1]} pixels (height x width), {owner} has '
            f'{size[0]}x{size[1]}; both have to be of one size{EXIF_HINT if found == size[::-1] else ""}'
        )
