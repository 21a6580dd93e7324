"""What users give to be predicted: files, folders, arrays, videos."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from mmengine.logging import print_log

from mtcp_mm.utils import IMAGE_SUFFIXES, VideoFile, read_rgb, to_rgb

VIDEOS = (
    '.3gp', '.avi', '.flv', '.m2ts', '.m4v', '.mkv', '.mov', '.mp4', '.mpeg', '.mpg', '.mts', '.ogv', '.ts', '.webm',
    '.wmv',
)  # fmt: skip
"""Suffixes of videos that OpenCV reads, in small letters."""
READ = IMAGE_SUFFIXES + VIDEOS

Item = str | Path | np.ndarray
Items = Mapping[str, Path | np.ndarray]


@dataclass(frozen=True)
class Picture:
    """An image, or a frame of a video.

    Args:
        name: What its outputs are named after; that of its video for a frame.
        title: What stands above it.
        image: RGB (H, W, 3), uint8.
        frame: Number of a frame, from 0 on.
        fps: Frames a second of its video.
    """

    name: str
    title: str
    image: np.ndarray
    frame: int | None = None
    fps: float | None = None


def list_inputs(inputs: Item | Sequence[Item]) -> Items:
    """Lists files, arrays, and the images and videos of folders, in their order by names that differ.

    Of a folder's other files, and of its folders, it is said that they are passed over.

    Raises:
        FileNotFoundError: An input does not exist, or a folder holds neither image nor video.
    """
    items = []
    for item in [inputs] if isinstance(inputs, Item) else inputs:
        items += [item] if isinstance(item, np.ndarray) else find_files(Path(item))
    stems = [f'array_{i}' if isinstance(item, np.ndarray) else item.stem for i, item in enumerate(items)]
    return dict(zip(make_unique(stems), items, strict=True))


def find_files(path: Path) -> list[Path]:
    """Returns a file itself, and of a folder its images and videos.

    Raises:
        FileNotFoundError: It does not exist, or is a folder that holds neither.
    """
    if not path.is_dir():
        if not path.exists():
            raise FileNotFoundError(f'{path}: no such file or folder')
        return [path]
    files = sorted(file for file in path.iterdir() if not file.name.startswith('.'))
    readable = {file: file.is_file() and file.suffix.lower() in READ for file in files}
    found = [file for file in files if readable[file]]
    others = [file for file in files if not readable[file]]
    if not found:
        instead = f' but {describe(others)}' if others else ''
        raise FileNotFoundError(
            f'{path}: no image or video in this folder{instead}; files of these kinds are read: {", ".join(READ)}'
        )
    if others:
        print_log(
            f'{path}: passed over {describe(others)}. Of a folder, files of these kinds are read: {", ".join(READ)}; '
            'convert others to PNG or MP4, and give the folders in it by name',
            'current',
            logging.WARNING,
        )
    return found


def describe(paths: Sequence[Path]) -> str:
    """Counts files by suffix, and folders, and names the first three."""
    kinds = Counter('folder' if path.is_dir() else path.suffix or 'no suffix' for path in paths)
    counts = ', '.join(f'{count} x {kind}' for kind, count in sorted(kinds.items()))
    more = ', ...' if len(paths) > 3 else ''
    return f'{counts} ({", ".join(path.name for path in paths[:3])}{more})'


def make_unique(stems: Sequence[str]) -> list[str]:
    """Numbers names that occur again so that none is used twice."""
    names, own = {}, set(stems)
    for stem in stems:
        name, number = stem, 2
        while name in names or (number > 2 and name in own):
            name, number = f'{stem}_{number}', number + 1
        names[name] = None
    return list(names)


def is_video(item: Path | np.ndarray) -> bool:
    """Whether an input is a video, by its name."""
    return isinstance(item, Path) and item.suffix.lower() in VIDEOS


def count_images(items: Items) -> int:
    """Counts images and frames, as far as the videos say how many they have."""
    return sum(count_frames(item) if is_video(item) else 1 for item in items.values())


def count_frames(path: Path) -> int:
    """Returns how many frames a video says that it has, 0 where it cannot be read."""
    try:
        with VideoFile(path) as video:
            return video.count
    except ValueError:
        return 0


def give_up(error: ValueError) -> NoReturn:
    """Raises the error."""
    raise error


def read_images(items: Items, refuse: Callable[[ValueError], None] = give_up) -> Iterator[Picture]:
    """Reads images, arrays and videos, one image at a time.

    Args:
        items: What :func:`list_inputs` returns.
        refuse: Takes what is wrong with an input, after which the next one is read; by default it is raised.

    Raises:
        ValueError: An input cannot be read, or a video only in part; the message names it.
    """
    for name, item in items.items():
        try:
            yield from read_item(name, item)
        except ValueError as error:
            refuse(error)


def read_item(name: str, item: Path | np.ndarray) -> Iterator[Picture]:
    """Reads the images of one input; see :func:`read_images`."""
    if is_video(item):
        with VideoFile(item) as video:
            for number, frame in enumerate(video):
                yield Picture(name, f'{item.name}, frame {number}', frame, number, video.fps)
    elif isinstance(item, np.ndarray):
        yield Picture(name, name, read_array(name, item))
    else:
        yield Picture(name, item.name, read_rgb(item))


def read_array(name: str, pixels: np.ndarray) -> np.ndarray:
    """Turns an array into RGB (H, W, 3), uint8.

    Raises:
        ValueError: It is no image; the message names it.
    """
    try:
        return to_rgb(pixels)
    except ValueError as error:
        raise ValueError(f'{name}: {error}') from error
