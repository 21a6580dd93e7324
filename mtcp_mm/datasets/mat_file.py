"""Reading MATLAB files, which are untrusted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mtcp_mm.tasks import DataError
from mtcp_mm.utils import MissingPackageError

from .mat5 import read_mat5

HDF5_STARTS = (b'MATLAB 7.3', b'\x89HDF')
"""How files of MATLAB 7.3 begin, and HDF5 files that others wrote in its manner."""


def read_mat(path: str | Path, variable: str) -> Any:
    """Reads a variable of a ``.mat`` file, of MATLAB 7.3 (HDF5, through h5py) or of MATLAB 5 to 7.

    Args:
        path: The file.
        variable: The variable's name.

    Returns:
        Numbers as arrays of at least two axes, text as ``str``, arrays of structures as lists of dictionaries (also
        those of one structure), cells as lists.

    Raises:
        MissingPackageError: The file is of MATLAB 7.3, and h5py is not installed.
        DataError: The file is missing, damaged or without the variable; the message names it.
    """
    try:
        return reader_of(path)(path, variable)
    except ImportError as error:
        raise MissingPackageError(f'{path}: this MATLAB 7.3 file needs h5py; install it (pip install h5py)') from error
    except Exception as error:  # what parsers stumble on: struct.error, zlib.error, KeyError, RecursionError, ...
        raise DataError(
            f'{path}: variable "{variable}" of the MATLAB file cannot be read ({type(error).__name__}: {error}); '
            'restore the file or remove its ID from the split'
        ) from error


def reader_of(path: str | Path) -> Callable[[str | Path, str], Any]:
    """Chooses the reader of a file's format by its first bytes."""
    with open(path, 'rb') as file:
        return read_hdf5 if file.read(10).startswith(HDF5_STARTS) else read_mat5


def read_hdf5(path: str | Path, variable: str) -> Any:
    """Reads a variable of a MATLAB 7.3 file."""
    import h5py

    with h5py.File(path, 'r') as file:
        return from_hdf5(file[variable], file)


def from_hdf5(item: Any, file: Any) -> Any:
    """Converts an ``h5py`` group (structures) or data set (anything else)."""
    if hasattr(item, 'keys'):
        fields = {name: from_hdf5(item[name], file) for name in item}
        # Cells carry their class; references without one are the values of a field, one for each structure.
        if all(item[name].dtype == object and 'MATLAB_class' not in item[name].attrs for name in item):
            return [dict(zip(fields, values, strict=True)) for values in zip(*fields.values(), strict=True)]
        return [fields]
    kind = item.attrs.get('MATLAB_class')
    if item.attrs.get('MATLAB_empty'):
        return [] if kind in (b'struct', b'cell') else np.empty((0, 0))
    values = item[()]
    if values.dtype == object:
        return [from_hdf5(file[reference], file) for reference in values.ravel()]
    return ''.join(map(chr, values.ravel())) if kind == b'char' else values.T
