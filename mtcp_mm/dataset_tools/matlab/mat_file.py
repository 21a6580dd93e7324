"""Reading MATLAB files, which are untrusted."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mtcp_mm.tasks.reading import reading_data
from mtcp_mm.utils import open_regular

from .budget import Budget
from .hdf5_file import attribute, dereference, member, memory_needed, open_hdf5
from .mat5 import TEXT_COST, read_mat5

HDF5_STARTS = (b'MATLAB 7.3', b'\x89HDF')
"""First bytes of MATLAB 7.3 files and of other HDF5 files."""


def read_mat(path: str | Path, variable: str) -> Any:
    """Reads a variable of a ``.mat`` file of MATLAB 5 to 7, or of MATLAB 7.3 (HDF5, with h5py).

    Args:
        path: The file.
        variable: Name of the variable.

    Returns:
        Numbers as arrays with at least two axes, text as ``str``, cells as lists, and struct arrays as lists of
        dictionaries, even with one element.

    Raises:
        MissingPackageError: It is a MATLAB 7.3 file, and h5py is not installed.
        DataError: The file is missing, damaged or without the variable, refers to another file, or exceeds the
            :class:`Budget`; the message names it.
    """
    with reading_data(path, f'variable "{variable}" of the MATLAB file cannot be read'):
        return reader_of(path)(path, variable)


def reader_of(path: str | Path) -> Callable[[str | Path, str], Any]:
    """Chooses the reader by the first bytes of a file."""
    with open_regular(path) as file:
        return read_hdf5 if file.read(10).startswith(HDF5_STARTS) else read_mat5


def read_hdf5(path: str | Path, variable: str) -> Any:
    """Reads a variable of a MATLAB 7.3 file; see :func:`read_mat`."""
    with open_hdf5(path) as file:
        return convert_hdf5(member(file, variable), file, Budget())


def convert_hdf5(item: Any, file: Any, budget: Budget) -> Any:
    """Converts an h5py group (a struct array) or data set (anything else); see :func:`read_mat`."""
    budget.spend(0)
    if hasattr(item, 'keys'):
        members = {name: member(item, name) for name in item}
        fields = {name: convert_hdf5(value, file, budget) for name, value in members.items()}
        if all(map(is_field, members.values())):
            return [dict(zip(fields, values, strict=True)) for values in zip(*fields.values(), strict=True)]
        return [fields]
    kind = attribute(item, 'MATLAB_class')
    if attribute(item, 'MATLAB_empty'):
        return [] if kind in (b'struct', b'cell') else np.empty((0, 0))
    budget.spend(memory_needed(item, item.shape) * (TEXT_COST if kind == b'char' else 1))
    values = item[()]
    if values.dtype == object:
        return [convert_hdf5(dereference(file, reference), file, budget) for reference in values.ravel()]
    return ''.join(map(chr, values.ravel())) if kind == b'char' else values.T


def is_field(item: Any) -> bool:
    """Returns whether an item is a field of a struct array: references to one value per struct. Cells have a class."""
    return hasattr(item, 'dtype') and item.dtype.kind == 'O' and 'MATLAB_class' not in item.attrs
