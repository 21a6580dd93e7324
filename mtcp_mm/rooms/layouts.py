"""File layouts for Rooms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mtcp_mm.utils import encode_image

from .rendering import RoomSample

_JPEG_QUALITY = 95


@dataclass(frozen=True)
class RoomsLayout:
    """A file layout: the folders, and the files of a sample.

    Args:
        folders: Folders of images and maps.
        splits: Folder of the lists of image names.
        encode: Takes a sample and its name. Returns the content of its files by path, relative to the root.
    """

    folders: tuple[str, ...]
    splits: str
    encode: Callable[[RoomSample, str], Mapping[str, bytes]]

    def write(self, sample: RoomSample, root: Path, name: str) -> None:
        """Writes the files of a sample."""
        for path, content in self.encode(sample, name).items():
            (root / path).write_bytes(content)


def encode_jpeg(sample: RoomSample) -> bytes:
    """Encodes the image as JPEG, the same for every layout."""
    return encode_image(sample.image, 'JPEG', quality=_JPEG_QUALITY)
