"""The official file of NYU Depth V2, which is untrusted: ``nyu_depth_v2_labeled.mat``."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mtcp_mm.tasks import DataError
from mtcp_mm.utils import MissingPackageError

SIZE = (480, 640)
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
    h5py = import_h5py(path)
    try:
        with h5py.File(path, 'r') as file:
            yield {name: find_variable(file, name, h5py) for name in VARIABLES}
    except DataError as error:
        raise DataError(f'{path}: {error}') from error
    except (OSError, RuntimeError, ValueError, LookupError) as error:
        raise DataError(f'{path}: damaged, or no MATLAB 7.3 (HDF5) file ({error}); get the file again') from error


def import_h5py(path: str | Path) -> Any:
    """Imports h5py, which nothing else needs."""
    try:
        import h5py
    except ImportError as error:
        raise MissingPackageError(f'{path}: reading it needs h5py; install it (pip install h5py)') from error
    return h5py


def find_variable(file: Any, name: str, h5py: Any) -> Any:
    """Returns a variable of an open file, checked.

    Raises:
        DataError: It is missing, or of another kind or shape, or its values lie in another file.
    """
    kind, shape = VARIABLES[name]
    # Links and data sets may name any file of this machine as the place of their values.
    if not isinstance(file.get(name, getlink=True), h5py.HardLink) or not isinstance(file[name], h5py.Dataset):
        raise DataError(f'no variable "{name}"; give nyu_depth_v2_labeled.mat')
    variable = file[name]
    if variable.external or variable.is_virtual:
        raise DataError(f'the values of "{name}" lie in another file; get the file from a source you trust')
    if variable.shape[1:] != shape or variable.dtype.kind != kind:
        wanted = 'x'.join(map(str, shape))
        raise DataError(
            f'"{name}" has frames of {"x".join(map(str, variable.shape[1:]))}, {variable.dtype}, where {wanted} of '
            f'kind "{kind}" are expected; give nyu_depth_v2_labeled.mat'
        )
    return variable
