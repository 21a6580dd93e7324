"""The official file of NYU Depth V2, which is untrusted: ``nyu_depth_v2_labeled.mat``."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mtcp_mm.dataset_tools.matlab.budget import Budget
from mtcp_mm.dataset_tools.matlab.hdf5_file import member, memory_needed, open_hdf5
from mtcp_mm.tasks import DataError
from mtcp_mm.tasks.reading import reading_data

FARTHEST = 20.0
"""Metres; the sensor sees to 10."""

VARIABLES = dict(images=('u', (3, 640, 480)), depths=('f', (640, 480)), labels=('u', (640, 480)))
"""Kind and shape (as h5py gives it) of what is read of each frame."""


@dataclass(frozen=True)
class Frame:
    """A frame.

    Args:
        image: RGB (H, W, 3), uint8.
        depth: Metres along the optical axis (H, W), float32; 0 where unknown.
        labels: Classes (H, W), from 1 on; 0 where there is no label.
    """

    image: np.ndarray
    depth: np.ndarray
    labels: np.ndarray

    def cropped(self, rows: slice, columns: slice) -> 'Frame':
        """Returns a part of the frame."""
        return replace(self, **{name: array[rows, columns] for name, array in vars(self).items()})


def count_frames(path: str | Path) -> int:
    """Checks what the file holds and counts its frames.

    Raises:
        DataError: The file is damaged or not the official one; the message names it.
    """
    with open_raw(path) as variables:
        counts = {len(variable) for variable in variables.values()}
    if len(counts) > 1 or 0 in counts:
        raise DataError(f'{path}: variables of {sorted(counts)} frames; get the file again')
    return counts.pop()


def read_frame(path: str | Path, number: int) -> Frame:
    """Reads one frame, and no more than it.

    Args:
        path: The file.
        number: The frame's number, from 1 on.

    Raises:
        DataError: It is damaged; the message names the file.
    """
    with open_raw(path) as variables:
        # MATLAB's order of axes is the reverse of NumPy's.
        arrays = [variables[name][number - 1].T for name in VARIABLES]
    image, depth, labels = map(np.ascontiguousarray, arrays)
    depth = np.where(np.isfinite(depth) & (depth > 0), depth, 0).astype(np.float32)
    if depth.max() > FARTHEST:
        raise DataError(
            f'{path}: frame {number} has depths up to {depth.max():g}, where metres up to {FARTHEST:g} are expected; '
            'get the file again'
        )
    return Frame(image, depth, labels)


def largest_label(path: str | Path, number: int) -> int:
    """Returns the largest label of a frame; see :func:`read_frame`."""
    with open_raw(path) as variables:
        return int(variables['labels'][number - 1].max())


@contextmanager
def open_raw(path: str | Path) -> Iterator[dict[str, Any]]:
    """Opens the file: its variables as ``h5py.Dataset`` by name.

    Raises:
        MissingPackageError: h5py is not installed.
        DataError: The file is damaged or not the official one, now or in what is read of it; the message names it.
    """
    with reading_data(path, 'damaged, or no MATLAB 7.3 (HDF5) file', 'get the file again'):
        with open_hdf5(path) as file:
            yield {name: find_variable(path, file, name) for name in VARIABLES}


def find_variable(path: str | Path, file: Any, name: str) -> Any:
    """Returns a variable of an open file, checked.

    Raises:
        DataError: It is missing, or of another kind or shape; the message names the file.
        ValueError: Its values lie in another file, or in too many pieces.
    """
    kind, shape = VARIABLES[name]
    try:
        variable = member(file, name)
    except LookupError as error:
        raise DataError(f'{path}: no variable "{name}"; give nyu_depth_v2_labeled.mat') from error
    if variable.shape[1:] != shape or variable.dtype.kind != kind:
        wanted = 'x'.join(map(str, shape))
        raise DataError(
            f'{path}: "{name}" has frames of {"x".join(map(str, variable.shape[1:]))}, {variable.dtype}, where '
            f'{wanted} of kind "{kind}" are expected; give nyu_depth_v2_labeled.mat'
        )
    Budget().spend(memory_needed(variable, (1, *shape)))
    return variable
