"""Writing rooms in the layout of a data set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mtcp_mm.utils import encode_image

from .rendering import RoomSample

_JPEG_QUALITY = 95


@dataclass(frozen=True)
class RoomsLayout:
    """Where the images and maps of rooms lie.

    Args:
        folders: Folders of the files.
        splits: Folder of the lists of names.
        encode: Returns the files of a sample and its name: their content, by the path from the data set's root.
    """

    folders: tuple[str, ...]
    splits: str
    encode: Callable[[RoomSample, str], Mapping[str, bytes]]

    def write(self, sample: RoomSample, root: Path, name: str) -> None:
        """Writes a sample's files."""
        for path, content in self.encode(sample, name).items():
            (root / path).write_bytes(content)


def encode_jpeg(sample: RoomSample) -> bytes:
    """Encodes the image, into the same bytes for every layout."""
    return encode_image(sample.image, 'JPEG', quality=_JPEG_QUALITY)
