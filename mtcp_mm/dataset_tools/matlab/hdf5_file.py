"""Reading HDF5 files, which are untrusted: no other file is read, and memory is limited."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mtcp_mm.utils import MissingPackageError, require_regular

FILTERS = {1, 2, 3}
"""Deflate, shuffle, checksum. HDF5 may load other filters as plug-ins from disk."""
MOST_CHUNKS = 100_000
"""Maximum number of chunks of a variable."""
LONGEST_ATTRIBUTE = 64
"""Maximum bytes of an attribute. Those of MATLAB are short."""


def import_h5py(path: str | Path) -> Any:
    """Imports h5py, an optional dependency.

    Raises:
        MissingPackageError: h5py is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingPackageError(f'{path}: reading it needs h5py; install it (pip install h5py)') from error
    return h5py


@contextmanager
def open_hdf5(path: str | Path) -> Iterator[Any]:
    """Opens a file as ``h5py.File``, without file locking, which fails or hangs on some file systems.

    Raises:
        MissingPackageError: h5py is not installed.
        Exception: The file is missing, damaged, or no HDF5 file.
    """
    h5py = import_h5py(path)
    require_regular(path)
    with h5py.File(path, 'r', locking=False) as file:
        yield file


def member(group: Any, name: str) -> Any:
    """Returns a member of a group: a group or a data set.

    Raises:
        LookupError: There is no such member.
        ValueError: It is a link to another place or file, or :func:`check_values` rejects it.
    """
    import h5py

    if not isinstance(link := group.get(name, getlink=True), h5py.HardLink):
        raise (KeyError if link is None else ValueError)(f'no variable "{name}", or only a link to another place')
    item = group[name]
    if isinstance(item, h5py.Dataset):
        check_values(item)
    return item


def dereference(file: Any, reference: Any) -> Any:
    """Returns the group or data set of the same file that a reference points to.

    Raises:
        ValueError: It is no object reference, or :func:`check_values` rejects the data set.
    """
    import h5py

    if type(reference) is not h5py.Reference:
        raise ValueError(f'a reference of type {type(reference).__name__}')
    item = file[reference]
    if isinstance(item, h5py.Dataset):
        check_values(item)
    return item


def check_values(variable: Any) -> None:
    """Checks that an ``h5py.Dataset`` holds numbers or references, in this file, with a safe filter.

    Raises:
        ValueError: It does not.
    """
    import h5py

    if variable.external or variable.is_virtual:
        raise ValueError(f'the values of "{variable.name}" lie in another file; get the file from a source you trust')
    if variable.dtype.kind not in 'biuf' and h5py.check_dtype(ref=variable.dtype) is not h5py.Reference:
        raise ValueError(f'the values of "{variable.name}" are {variable.dtype}; numbers are expected')
    layout = variable.id.get_create_plist()
    filters = {layout.get_filter(i)[0] for i in range(layout.get_nfilters())}
    if not filters <= FILTERS:
        raise ValueError(
            f'the values of "{variable.name}" use the filters {sorted(filters - FILTERS)}, which are not allowed'
        )


def memory_needed(variable: Any, shape: tuple[int, ...]) -> int:
    """Returns the bytes needed to read a part of an ``h5py.Dataset``: those of the part, or of a chunk if it is larger.

    Args:
        variable: The data set.
        shape: Shape of the part.

    Raises:
        ValueError: The part has more than :data:`MOST_CHUNKS` chunks.
    """
    size, chunks = variable.dtype.itemsize, variable.chunks
    if not chunks:
        return size * math.prod(shape)
    pieces = math.prod(math.ceil(length / chunk) for length, chunk in zip(shape, chunks, strict=True))
    if pieces > MOST_CHUNKS:
        raise ValueError(f'the values of "{variable.name}" lie in {pieces} pieces')
    return size * max(math.prod(shape), math.prod(chunks))


def attribute(item: Any, name: str) -> Any:
    """Returns a short scalar attribute (text as bytes), None if there is none."""
    if name not in item.attrs:
        return None
    stored = item.attrs.get_id(name)
    if stored.shape != () or stored.dtype.kind not in 'Siu' or stored.dtype.itemsize > LONGEST_ATTRIBUTE:
        return None
    return item.attrs[name]
