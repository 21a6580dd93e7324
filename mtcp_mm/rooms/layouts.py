"""What a layout says about a data set's folders."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mtcp_mm.utils import encode_image

from .rendering import RoomSample

_QUALITY = 95


@dataclass(frozen=True)
class Layout:
    """Where the pictures and maps of a data set lie.

    Args:
        folders: Folders under its root that :attr:`write` needs.
        splits: Folder of the lists of names.
        write: Writes a sample's files: the sample, the root and its name.
    """

    folders: tuple[str, ...]
    splits: str
    write: Callable[[RoomSample, Path, str], None]


def save_jpeg(sample: RoomSample, path: Path) -> None:
    """Writes the picture, the same bytes in every layout."""
    path.write_bytes(encode_image(sample.image, 'JPEG', quality=_QUALITY))
