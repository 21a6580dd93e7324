"""Reading MATLAB 5 files, which are untrusted.

:func:`scipy.io.loadmat` is not used, because its compiled code trusts the type numbers in a file. A single wrong one
can end the process with a segmentation fault, which cannot be caught. SciPy 1.17 crashed on 12 of 400 copies of a small
annotation in which one byte was changed at random.
"""

import struct
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from mtcp_mm.utils import open_regular
from mtcp_mm.utils.untrusted import read_content

from .budget import Budget

HEADER = 128
NUMBERS = {1: 'i1', 2: 'u1', 3: 'i2', 4: 'u2', 5: 'i4', 6: 'u4', 7: 'f4', 9: 'f8', 12: 'i8', 13: 'u8'}
"""NumPy types of numbers, by the type number of an element."""
CHARACTERS = {1: 'u1', 2: 'u1', 4: 'u2', 16: 'u1', 17: 'u2'}
"""NumPy types of character codes, by the type number of an element. Annotations use ASCII only."""
MATRIX, COMPRESSED = 14, 15
CELL, STRUCTURE, TEXT = 1, 2, 4
NUMERIC = range(6, 16)
TEXT_COST = 64
"""Bytes per character while a text is read."""


def read_mat5(path: str | Path, variable: str) -> Any:
    """Reads a variable of a MATLAB 5 file, compressed or not; see :func:`read_mat`.

    Raises:
        Exception: The file is damaged or no MATLAB 5 file, lacks the variable, or exceeds the :class:`Budget`.
    """
    with open_regular(path) as file:
        content = memoryview(read_content(file))
    order = {b'IM': '<', b'MI': '>'}[bytes(content[HEADER - 2 : HEADER])]
    budget = Budget()
    for kind, data in elements(content[HEADER:], order):
        if kind == COMPRESSED:
            ((kind, data),) = elements(decompress(data, budget), order)
        if kind == MATRIX and name_of(data, order) == variable.encode():
            return matrix(data, order, budget)
    raise KeyError(f'no variable "{variable}"')


def decompress(data: memoryview, budget: Budget) -> memoryview:
    """Decompresses a variable.

    Raises:
        ValueError: It is cut off or exceeds the budget.
    """
    stream = zlib.decompressobj()
    content = stream.decompress(data, budget.size + 1)
    budget.spend(len(content))
    if not stream.eof:
        raise ValueError('a compressed variable is cut off')
    return memoryview(content)


def elements(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """Yields the type number and the content of each element.

    Args:
        data: The elements, one after the other.
        order: Byte order, ``<`` or ``>``.

    Raises:
        ValueError: An element is longer than the data.
    """
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
            raise ValueError('an element is longer than the data around it')
        yield kind, data[start : start + size]


def name_of(data: memoryview, order: str) -> bytes:
    """Returns the name of a matrix, which is its third element."""
    _, _, (_, name) = islice(elements(data, order), 3)
    return bytes(name)


def matrix(data: memoryview, order: str, budget: Budget) -> Any:
    """Reads a MATLAB matrix: numbers, text, cells or a struct array.

    Raises:
        ValueError: The class of the matrix is not supported, or the budget is exceeded.
    """
    budget.spend(0)
    if not data:
        return np.empty((0, 0))
    content = elements(data, order)
    (_, flags), (_, shape), _ = islice(content, 3)
    kind = struct.unpack_from(f'{order}I', flags)[0] & 0xFF
    if kind == STRUCTURE:
        return structures(content, order, budget)
    if kind == CELL:
        return [matrix(cell, order, budget) for _, cell in content]
    ((stored, values),) = content
    if kind == TEXT:
        budget.spend(TEXT_COST * len(values))
        return ''.join(map(chr, np.frombuffer(values, order + CHARACTERS[stored])))
    if kind in NUMERIC:
        numbers = np.frombuffer(values, order + NUMBERS[stored])
        return numbers.reshape(np.frombuffer(shape, f'{order}i4'), order='F')
    raise ValueError(f'a matrix of class {kind}')


def structures(content: Iterator[tuple[int, memoryview]], order: str, budget: Budget) -> list[dict]:
    """Reads a struct array as a list of dictionaries."""
    (_, width), (_, names) = islice(content, 2)
    (width,) = struct.unpack_from(f'{order}i', width)
    budget.spend(TEXT_COST * len(names))
    fields = [bytes(names[i : i + width]).split(b'\0')[0].decode() for i in range(0, len(names), width)]
    values = [matrix(value, order, budget) for _, value in content]
    rows = [values[i : i + len(fields)] for i in range(0, len(values), len(fields))]
    return [dict(zip(fields, row, strict=True)) for row in rows]
