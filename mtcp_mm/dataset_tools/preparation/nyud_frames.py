"""Writing the frames of the raw file of NYU Depth V2 in the layout of NYUD_MT."""

from functools import partial
from pathlib import Path

import numpy as np

from mtcp_mm.datasets.layouts import NYUD
from mtcp_mm.structures import NYU_CAMERA
from mtcp_mm.utils import consume, encode_array, encode_image, run_jobs

from .class_mapping import choose_mapping
from .depth_normals import normals_from_depth
from .label_edges import edges_from_labels
from .raw_nyud import count_frames, largest_label, read_frame
from .splits import read_splits

CROP = (45, 471, 41, 601)
"""First row, end of rows, first column, end of columns: the part of a 480x640 frame that both cameras see."""

QUALITY = 95


def convert_frames(
    root: Path, path: Path, splits: str | Path, mapping: str | Path | None, crop: bool, workers: int
) -> list[str]:
    """Writes the data set of the raw file into a folder; see :func:`prepare`.

    Args:
        root: The folder.
        path: ``nyu_depth_v2_labeled.mat``.
        splits: ``splits.mat``.
        mapping: ``classMapping40.mat``; None if the labels are the 40 classes already.
        crop: Whether to write the part :data:`CROP` of the frames, or the whole.
        workers: Number of processes.

    Raises:
        MissingPackageError: h5py is not installed.
        DataError: A file is damaged or does not fit the others; the message names it.
    """
    numbers = read_splits(splits, count_frames(path))
    frames = sorted(sum(numbers.values(), []))
    largest = max(run_jobs(partial(largest_label, path), frames, workers, 'Looking through the labels'))
    classes = choose_mapping(mapping, largest, path)
    for folder in (*NYUD.folders, NYUD.splits):
        (root / folder).mkdir()
    for split, members in numbers.items():
        (root / NYUD.splits / f'{split}.txt').write_text(''.join(f'{frame_id(n)}\n' for n in members))
    write = partial(write_frame, root=root, path=path, classes=classes, crop=crop)
    consume(run_jobs(write, frames, workers, 'Converting frames'))
    return [
        'The normals were computed from depth, and the edges drawn where labels meet: those of the archives differ.'
    ]


def write_frame(number: int, root: Path, path: Path, classes: np.ndarray, crop: bool) -> None:
    """Writes image and maps of a frame.

    Args:
        number: The frame's number, from 1 on.
        root: The data set's folder.
        path: The raw file.
        classes: Class of each label, uint8.
        crop: Whether to crop.
    """
    frame, camera = read_frame(path, number), NYU_CAMERA
    if crop:
        top, bottom, left, right = CROP
        frame, camera = frame.cropped(slice(top, bottom), slice(left, right)), camera.cropped(top, left)
    name = frame_id(number)
    files = {
        f'{NYUD.images}/{name}.jpg': encode_image(frame.image, 'JPEG', quality=QUALITY, subsampling=0),
        f'{NYUD.maps["semseg"]}/{name}.png': encode_image(classes[frame.labels]),
        f'{NYUD.maps["depth"]}/{name}.npy': encode_array(frame.depth),
        f'{NYUD.maps["normals"]}/{name}.npy': encode_array(normals_from_depth(frame.depth, camera)),
        # Of all 894 classes: two objects that are both "other prop" have an edge too.
        f'{NYUD.maps["edge"]}/{name}.png': encode_image(edges_from_labels(frame.labels)),
    }
    for place, content in files.items():
        (root / place).write_bytes(content)


def frame_id(number: int) -> str:
    """Returns the ID of a frame, as the community's archives have it."""
    return f'{number:04d}'
