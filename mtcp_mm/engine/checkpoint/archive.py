"""Reads the two file formats of :func:`torch.save`, without torch's own reader."""

import os
import zipfile
from collections.abc import Callable
from io import BytesIO
from pickle import UnpicklingError
from typing import Any, BinaryIO

import torch
from torch.serialization import _get_restore_location

from .unpickling import CheckpointUnpickler

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001


def read_checkpoint(file: BinaryIO, map_location: Any) -> Any:
    """Reads a checkpoint in either format.

    Checksums of a zip archive are verified, and a file that declares more bytes than it has is refused.

    Args:
        file: The file, open for reading.
        map_location: Where tensors go, as for :func:`torch.load`.

    Raises:
        UnpicklingError: It is not a checkpoint, or holds something that is not allowed in one.
        Exception: It is damaged; the type depends on the damage.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    read = read_zip if zipfile.is_zipfile(file) else read_legacy
    file.seek(0)
    return read(file, size, _get_restore_location(map_location))


def read_zip(file: BinaryIO, size: int, restore: Callable) -> Any:
    """Reads the zip archive that torch has written since version 1.6."""
    with zipfile.ZipFile(file) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
        if not entries:
            raise UnpicklingError('the archive is empty')
        root = next(iter(entries)).partition('/')[0]
        if f'{root}/constants.pkl' in entries:
            raise UnpicklingError('it is a TorchScript program')
        compressed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries.values())
        if compressed or sum(entry.file_size for entry in entries.values()) > size:
            raise UnpicklingError(f'it declares more than its {size} bytes can hold')
        order = archive.read(f'{root}/byteorder') if f'{root}/byteorder' in entries else b'little'
        if order != b'little':
            raise UnpicklingError(f'its byte order is {order!r:.20}, not little')

        def open_storage(key: str, dtype: torch.dtype, count: int, location: str) -> torch.UntypedStorage:
            entry = entries[f'{root}/data/{key}']
            if entry.file_size != count * dtype.itemsize:
                raise UnpicklingError(f'{count} values of {dtype} are not {entry.file_size} bytes')
            with archive.open(entry) as content:
                return restore(read_values(content, entry.file_size), location)

        pickled = BytesIO(archive.read(f'{root}/data.pkl'))
        return CheckpointUnpickler(pickled, size, open_storage).load()


def read_legacy(file: BinaryIO, size: int, restore: Callable) -> Any:
    """Reads the older format, pickles followed by the values, which files in OpenMMLab's model zoos have."""
    magic, version, system = (CheckpointUnpickler(file, size).load() for _ in range(3))
    if magic != MAGIC or version != VERSION or not system['little_endian']:
        raise UnpicklingError('it does not begin like a file of torch.save')
    declared: dict[str, tuple[torch.dtype, int]] = {}
    room = size

    def declare(key: str, dtype: torch.dtype, count: int, location: str) -> torch.UntypedStorage:
        nonlocal room
        declared[key] = dtype, count
        room -= count * dtype.itemsize
        if room < 0:
            raise UnpicklingError(f'it declares more than its {size} bytes can hold')
        return torch.UntypedStorage(count * dtype.itemsize)

    start = file.tell()
    CheckpointUnpickler(file, size, declare).load()
    values = {}
    for key in CheckpointUnpickler(file, size).load():
        dtype, count = declared[key]
        if int.from_bytes(file.read(8), 'little') != count:
            raise UnpicklingError(f'it does not have the {count} values that it declares')
        values[key] = read_values(file, count * dtype.itemsize)
    file.seek(start)

    def open_storage(key: str, dtype: torch.dtype, count: int, location: str) -> torch.UntypedStorage:
        return restore(values[key], location)

    return CheckpointUnpickler(file, size, open_storage).load()


def read_values(file: BinaryIO, size: int) -> torch.UntypedStorage:
    """Reads bytes into a storage.

    Raises:
        EOFError: The file has fewer bytes.
    """
    values = torch.empty(size, dtype=torch.uint8)
    if size and file.readinto(values.numpy()) != size:
        raise EOFError(f'fewer than the {size} bytes of a tensor')
    return values.untyped_storage()
