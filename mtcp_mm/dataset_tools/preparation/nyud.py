"""Preparing NYUD-v2."""

from functools import partial
from pathlib import Path

import numpy as np

from mtcp_mm.dataset_tools.matlab.mat_file import HDF5_STARTS
from mtcp_mm.dataset_tools.preparation.pascal_boundaries import check_pixels
from mtcp_mm.datasets.id_files import files_by_id
from mtcp_mm.datasets.layouts import NYUD
from mtcp_mm.datasets.nyud import NYUDMultiTask
from mtcp_mm.tasks import DataError
from mtcp_mm.tasks.reading import check_shape, read_array
from mtcp_mm.utils import consume, encode_image, open_regular, run_jobs

from .archive_files import NYUD_FILES
from .label_edges import edges_from_labels
from .nyud_frames import CROP, convert_frames
from .preparing import Prepared, identity, prepare
from .unpacking import unpack
from .verification import verify

TASKS = (
    dict(type='ClassMap', name='semseg', classes='nyud40', label_offset=1),
    dict(type='DepthMap', name='depth'),
    dict(type='SurfaceNormals', name='normals'),
    dict(type='BinaryMap', name='edge'),
)
"""The tasks that the data set may have."""


def prepare_nyud(
    source: str | Path,
    out: str | Path,
    splits: str | Path | None = None,
    class_mapping: str | Path | None = None,
    crop: bool = True,
    workers: int = 1,
) -> Prepared:
    """Prepares NYUD-v2 from the community's archive, or from the official raw file.

    Args:
        source: ``NYUD_MT.tgz`` of Multi-Task-Learning-PyTorch or ``NYUDv2.tar.gz`` of InvPT, a folder into which one
            was unpacked, or ``nyu_depth_v2_labeled.mat`` (Silberman et al., ECCV 2012).
        out: The output folder, in the layout of :class:`mtcp_mm.datasets.NYUDMultiTask`.
        splits: ``splits.mat``, for the raw file.
        class_mapping: ``classMapping40.mat``, for the raw file if it has 894 classes.
        crop: Whether to write 426x560 (height x width) of the raw file's 480x640 frames, :data:`CROP`.
        workers: Number of processes.

    Raises:
        MissingPackageError: The raw file was given, and h5py is not installed.
        DataError: A file is damaged, hostile, or does not fit the others; the message names it.
        OccupiedFolderError: The output folder holds something else.
        MissingFileError: A file is missing.
        UnwritableError: A file cannot be written.
    """
    source = Path(source)
    check = partial(verify, NYUDMultiTask, tasks=TASKS, workers=workers)
    origin = dict(layout=NYUD.name, source=identity(source))
    if is_raw(source):
        if splits is None:
            raise DataError(f'{source}: the raw file needs the official split; give splits.mat by --splits')
        origin |= dict(
            splits=identity(splits),
            mapping=class_mapping and identity(class_mapping),
            crop=list(CROP) if crop else None,
        )
        fill = partial(convert_frames, path=source, splits=splits, mapping=class_mapping, crop=crop, workers=workers)
        return prepare(source, out, origin, fill, check)
    if splits or class_mapping:
        raise DataError(
            f'{source}: an archive has its own split and 40 classes; leave --splits and --class-mapping out'
        )
    return prepare(source, out, origin, partial(unpack_nyud, source, workers=workers), check)


def is_raw(source: Path) -> bool:
    """Whether a file is the raw one, by its name or its first bytes."""
    if source.is_dir():
        return False
    with open_regular(source) as file:
        return source.suffix.lower() == '.mat' or file.read(10).startswith(HDF5_STARTS)


def unpack_nyud(source: Path, root: Path, workers: int) -> list[str]:
    """Unpacks an archive or folder and draws edges if it has none; see :func:`prepare`."""
    unpack(source, NYUD_FILES, root)
    segmentation, edges = (root / NYUD.maps[task] for task in ('semseg', 'edge'))
    maps = sorted(map(Path, files_by_id(segmentation, ('.png',)).values())) if segmentation.is_dir() else []
    if edges.exists() or not maps:
        return []
    edges.mkdir()
    consume(run_jobs(partial(draw_edges, folder=edges), maps, workers, 'Drawing edges'))
    return ['The edges were drawn where classes meet: the source has none.']


def draw_edges(path: Path, folder: Path) -> None:
    """Draws the edges of a class map into a folder.

    Raises:
        DataError: The map is damaged or no class map; the message names it.
    """
    labels = read_array(path)
    check_shape(path, labels, 1)
    check_pixels(path, labels)
    edges = edges_from_labels(np.where(labels == 255, 0, labels))
    (folder / f'{path.stem}.png').write_bytes(encode_image(edges))
