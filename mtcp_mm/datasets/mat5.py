"""MATLAB 5 files.

Not read with :func:`scipy.io.loadmat`: its compiled code trusts the type numbers in a file, and a single wrong one ends
the process with a segmentation fault (SciPy 1.17), which no error handling can turn into a message that names the file.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

HEADER = 128
LARGEST = 2**30
"""Bytes that a compressed variable may grow to."""

NUMBERS = {1: 'i1', 2: 'u1', 3: 'i2', 4: 'u2', 5: 'i4', 6: 'u4', 7: 'f4', 9: 'f8', 12: 'i8', 13: 'u8'}
"""NumPy's names of the numbers that an element may hold, by its type."""
CHARACTERS = {1: 'u1', 2: 'u1', 4: 'u2', 16: 'u1', 17: 'u2'}
"""NumPy's names of the codes of characters (ASCII is all that annotations use), by the element's type."""
MATRIX, COMPRESSED = 14, 15
CELL, STRUCTURE, TEXT = 1, 2, 4
NUMERIC = range(6, 16)


def read_mat5(path: str | Path, variable: str) -> Any:
    """Reads a variable of a MATLAB 5 file, compressed or not; see :func:`read_mat`.

    Raises:
        ValueError, LookupError, struct.error, zlib.error: The file is damaged, of another kind, or lacks the variable.
    """
    content = memoryview(Path(path).read_bytes())
    order = {b'IM': '<', b'MI': '>'}[bytes(content[HEADER - 2 : HEADER])]
    for kind, data in elements(content[HEADER:], order):
        if kind == COMPRESSED:
            ((kind, data),) = elements(decompress(data), order)
        name = list(elements(data, order))[2][1] if kind == MATRIX else b''
        if bytes(name) == variable.encode():
            return matrix(data, order)
    raise KeyError(f'no variable "{variable}"')


def decompress(data: memoryview) -> memoryview:
    """Decompresses a variable."""
    stream = zlib.decompressobj()
    content = stream.decompress(data, LARGEST)
    if not stream.eof:
        raise ValueError(f'a compressed variable is cut off, or grows beyond {LARGEST} bytes')
    return memoryview(content)


def elements(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """Yields type and content of the elements that follow each other."""
    position = 0
    while position < len(data):
        kind, size = struct.unpack_from(f'{order}II', data, position)
        start = position + 8
        if kind >> 16:  # a short element: size, type and content in eight bytes
            kind, size, start = kind & 0xFFFF, kind >> 16, position + 4
            position += 8
        else:
            position = start + size + (0 if kind == COMPRESSED else -size % 8)
        if start + size > len(data):
            raise ValueError('an element is longer than what holds it')
        yield kind, data[start : start + size]


def matrix(data: memoryview, order: str) -> Any:
    """Reads what MATLAB calls a matrix: numbers, text, cells or structures."""
    if not data:
        return np.empty((0, 0))
    (_, flags), (_, shape), _, *content = elements(data, order)
    kind = struct.unpack_from(f'{order}I', flags)[0] & 0xFF
    if kind == STRUCTURE:
        return structures(content, order)
    if kind == CELL:
        return [matrix(cell, order) for _, cell in content]
    ((stored, values),) = content
    if kind == TEXT:
        return ''.join(map(chr, np.frombuffer(values, order + CHARACTERS[stored])))
    if kind in NUMERIC:
        numbers = np.frombuffer(values, order + NUMBERS[stored])
        return numbers.reshape(np.frombuffer(shape, f'{order}i4'), order='F')
    raise ValueError(f'a matrix of class {kind}')


def structures(content: list[tuple[int, memoryview]], order: str) -> list[dict]:
    """Reads an array of structures, whose values come structure by structure."""
    (_, width), (_, names), *values = content
    (width,) = struct.unpack_from(f'{order}i', width)
    fields = [bytes(names[i : i + width]).split(b'\0')[0].decode() for i in range(0, len(names), width)]
    rows = [values[i : i + len(fields)] for i in range(0, len(values), len(fields))]
    return [dict(zip(fields, (matrix(value, order) for _, value in row), strict=True)) for row in rows]
