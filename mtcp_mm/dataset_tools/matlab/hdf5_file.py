"""HDF5 files, which are untrusted: nothing outside of one is read, and no more than it should hold."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mtcp_mm.utils import MissingPackageError, require_regular

FILTERS = {1, 2, 3}
"""Deflate, shuffle, checksum. Others may be programs that HDF5 loads from the machine."""
MOST_CHUNKS = 100_000
"""Pieces in which the values of a variable may lie."""
LONGEST_ATTRIBUTE = 64
"""Bytes of the attributes that MATLAB writes."""


def import_h5py(path: str | Path) -> Any:
    """Imports h5py, which nothing else needs.

    Raises:
        MissingPackageError: It is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingPackageError(f'{path}: reading it needs h5py; install it (pip install h5py)') from error
    return h5py


@contextmanager
def open_hdf5(path: str | Path) -> Iterator[Any]:
    """Opens a file as ``h5py.File``, without a lock, which some file systems lack and others wait for.

    Raises:
        MissingPackageError: h5py is not installed.
        Exception: The file is missing, damaged, or no HDF5 file.
    """
    h5py = import_h5py(path)
    require_regular(path)
    with h5py.File(path, 'r', locking=False) as file:
        yield file


def member(group: Any, name: str) -> Any:
    """Returns a group or data set of a group, which lies in it and nowhere else.

    Raises:
        LookupError: There is none.
        ValueError: It lies in another file or place, or is checked and refused; see :func:`check_values`.
    """
    import h5py

    if not isinstance(link := group.get(name, getlink=True), h5py.HardLink):
        raise (KeyError if link is None else ValueError)(f'no variable "{name}", or only a link to another place')
    item = group[name]
    if isinstance(item, h5py.Dataset):
        check_values(item)
    return item


def dereference(file: Any, reference: Any) -> Any:
    """Returns what a reference points at: a group or data set of the same file, checked as :func:`member` does."""
    import h5py

    if type(reference) is not h5py.Reference:
        raise ValueError(f'a reference of type {type(reference).__name__}')
    item = file[reference]
    if isinstance(item, h5py.Dataset):
        check_values(item)
    return item


def check_values(variable: Any) -> None:
    """Checks that the values of an ``h5py.Dataset`` are numbers or references, that they lie in the file, and how.

    Raises:
        ValueError: They do not.
    """
    import h5py

    if variable.external or variable.is_virtual:
        raise ValueError(f'the values of "{variable.name}" lie in another file; get the file from a source you trust')
    if variable.dtype.kind not in 'biuf' and h5py.check_dtype(ref=variable.dtype) is not h5py.Reference:
        raise ValueError(f'the values of "{variable.name}" are {variable.dtype}, where numbers are expected')
    layout = variable.id.get_create_plist()
    filters = {layout.get_filter(i)[0] for i in range(layout.get_nfilters())}
    if not filters <= FILTERS:
        raise ValueError(f'the values of "{variable.name}" are packed by filters {sorted(filters - FILTERS)}')


def memory_needed(variable: Any, shape: tuple[int, ...]) -> int:
    """Returns the bytes that reading a part of an ``h5py.Dataset`` takes: the part, or a chunk where that is larger.

    Args:
        variable: The data set.
        shape: The shape of the part.

    Raises:
        ValueError: It lies in more than :data:`MOST_CHUNKS` pieces.
    """
    size, chunks = variable.dtype.itemsize, variable.chunks
    if not chunks:
        return size * math.prod(shape)
    pieces = math.prod(math.ceil(length / chunk) for length, chunk in zip(shape, chunks, strict=True))
    if pieces > MOST_CHUNKS:
        raise ValueError(f'the values of "{variable.name}" lie in {pieces} pieces')
    return size * max(math.prod(shape), math.prod(chunks))


def attribute(item: Any, name: str) -> Any:
    """Returns a short attribute (text as bytes), None where there is no such one."""
    if name not in item.attrs:
        return None
    stored = item.attrs.get_id(name)
    if stored.shape != () or stored.dtype.kind not in 'Siu' or stored.dtype.itemsize > LONGEST_ATTRIBUTE:
        return None
    return item.attrs[name]
