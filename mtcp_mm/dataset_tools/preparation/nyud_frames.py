"""Writing the frames of the raw file of NYU Depth V2 in the layout of NYUD_MT."""

from dataclasses import dataclass
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


@dataclass(frozen=True)
class RawFile:
    """The raw file and what goes with it.

    Args:
        path: ``nyu_depth_v2_labeled.mat``.
        splits: ``splits.mat``.
        mapping: ``classMapping40.mat``; None if the labels are the 40 classes already.
        crop: Whether to write the part :data:`CROP` of the frames, or the whole.
    """

    path: Path
    splits: Path
    mapping: Path | None
    crop: bool

    def convert(self, root: Path, workers: int) -> list[str]:
        """Writes the data set into a folder; see :func:`prepare`.

        Raises:
            MissingPackageError: h5py is not installed.
            DataError: A file is damaged or does not fit the others; the message names it.
        """
        splits = read_splits(self.splits, count_frames(self.path))
        numbers = sorted(sum(splits.values(), []))
        largest = max(run_jobs(LargestLabel(self.path), numbers, workers, 'Looking through the labels'))
        mapping = choose_mapping(self.mapping, largest, self.path)
        for folder in (*NYUD.folders, NYUD.splits):
            (root / folder).mkdir()
        for name, members in splits.items():
            (root / NYUD.splits / f'{name}.txt').write_text(''.join(f'{frame_id(n)}\n' for n in members))
        consume(run_jobs(FrameWriter(self.path, root, mapping, self.crop), numbers, workers, 'Converting frames'))
        return [
            'The normals were computed from depth, and the edges drawn where labels meet: those of the archives differ.'
        ]


@dataclass(frozen=True)
class LargestLabel:
    """Tells the largest label of a frame, by its number from 1 on."""

    path: Path

    def __call__(self, number: int) -> int:
        return largest_label(self.path, number)


@dataclass(frozen=True)
class FrameWriter:
    """Writes image and maps of a frame, by its number from 1 on.

    Args:
        path: The raw file.
        root: The data set's folder.
        mapping: Class of each label, uint8.
        crop: Whether to crop.
    """

    path: Path
    root: Path
    mapping: np.ndarray
    crop: bool

    def __call__(self, number: int) -> None:
        frame, camera = read_frame(self.path, number), NYU_CAMERA
        if self.crop:
            top, bottom, left, right = CROP
            frame, camera = frame.cropped(slice(top, bottom), slice(left, right)), camera.cropped(top, left)
        name = frame_id(number)
        files = {
            f'{NYUD.images}/{name}.jpg': encode_image(frame.image, 'JPEG', quality=QUALITY, subsampling=0),
            f'{NYUD.maps["semseg"]}/{name}.png': encode_image(self.mapping[frame.labels]),
            f'{NYUD.maps["depth"]}/{name}.npy': encode_array(frame.depth),
            f'{NYUD.maps["normals"]}/{name}.npy': encode_array(normals_from_depth(frame.depth, camera)),
            # Of all 894 classes: two objects that are both "other prop" have an edge too.
            f'{NYUD.maps["edge"]}/{name}.png': encode_image(edges_from_labels(frame.labels)),
        }
        for path, content in files.items():
            (self.root / path).write_bytes(content)


def frame_id(number: int) -> str:
    """Returns the ID of a frame, as the community's archives have it."""
    return f'{number:04d}'
