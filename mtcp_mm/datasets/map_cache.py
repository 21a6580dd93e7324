"""Keeping what slow readers made of their files."""

import os
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mtcp_mm.utils import UnwritableError, atomic_write, open_regular
from mtcp_mm.utils.image_files import decode_image


@dataclass(frozen=True)
class CachedReader:
    """A reader that keeps each map it made as a PNG, and makes it anew when its source has changed.

    Any number of processes may read at once: a kept file appears whole or not at all, and one that is damaged, or was
    made of another state of the source (size and time of change), is replaced. Where nothing can be written the maps
    are made anew each time, after a warning.

    Args:
        read: Reads a map uint8 or bool (H, W) from a file. Picklable, so that the reader is.
        folder: Where the maps are kept, as ``ID.png``: a folder of this reader and data set alone.
        recipe: Names what ``read`` does; another name makes what is kept stale.
    """

    read: Callable[[str | Path], np.ndarray]
    folder: str
    recipe: str

    def __call__(self, path: str | Path) -> np.ndarray:
        """Returns the map uint8 or bool (H, W) of a file.

        Raises:
            DataError: ``read`` cannot make it; the message is its own.
        """
        try:
            status = os.stat(path)
        except OSError:
            return self.read(path)
        # Taken before reading: if the file changes meanwhile, what is kept counts as stale.
        source = f'{self.recipe} {status.st_size} {status.st_mtime_ns}'
        kept = Path(self.folder, f'{Path(path).stem}.png')
        values = read_kept(kept, source)
        if values is None:
            values = self.read(path)
            try:
                atomic_write(kept, encode(values, source))
            except UnwritableError as error:
                warnings.warn(
                    f'{self.folder}: nothing can be kept there ({error.reason}), so each map is made anew; make it '
                    'writable, or name another folder as cache_root of the data set',
                    stacklevel=2,
                )
        return values


def encode(values: np.ndarray, source: str) -> bytes:
    """Encodes a map uint8 or bool (H, W) as PNG, with its source and checksum in text chunks."""
    info = PngInfo()
    info.add_text('source', source)
    info.add_text('crc32', str(zlib.crc32(values.tobytes())))
    file = BytesIO()
    Image.fromarray(values).save(file, 'PNG', pnginfo=info)
    return file.getvalue()


def read_kept(path: Path, source: str) -> np.ndarray | None:
    """Reads what :func:`encode` made; None where it is missing, damaged or of another source."""

    def check(image: Image.Image) -> np.ndarray | None:
        values = np.array(image)
        # Pillow passes over wrong checksums of pixels.
        sound = image.info.get('crc32') == str(zlib.crc32(values.tobytes()))
        return values if sound and image.info.get('source') == source else None

    try:
        with open_regular(path) as file:
            return decode_image(file, check)
    except Exception:  # whatever its bytes are: it is made anew
        return None
