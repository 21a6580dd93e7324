"""Inputs for prediction: files, folders, arrays, videos."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from mmengine.logging import print_log

from mtcp_mm.utils import IMAGE_SUFFIXES, MissingFileError, UserError, VideoFile, read_rgb, to_rgb

VIDEO_SUFFIXES = (
    '.3gp', '.avi', '.flv', '.m2ts', '.m4v', '.mkv', '.mov', '.mp4', '.mpeg', '.mpg', '.mts', '.ogv', '.ts', '.webm',
    '.wmv',
)  # fmt: skip
"""Suffixes of videos, in lower case."""
READABLE_SUFFIXES = IMAGE_SUFFIXES + VIDEO_SUFFIXES

Item = str | Path | np.ndarray
Items = Mapping[str, Path | np.ndarray]


@dataclass(frozen=True)
class InputImage:
    """An image, or a frame of a video.

    Args:
        name: Name of its outputs; for a frame, that of its video.
        title: Title above it in a panel.
        image: RGB (H, W, 3), uint8.
        frame: Number of the frame, from 0 on.
        fps: Average frames per second of the video.
        time: Time of the frame, in seconds from the first one.
    """

    name: str
    title: str
    image: np.ndarray
    frame: int | None = None
    fps: float | None = None
    time: float | None = None


def list_inputs(inputs: Item | Sequence[Item]) -> Items:
    """Lists files, arrays, and the images and videos in folders, in order, each under a unique name.

    Other files and subfolders of a folder are skipped, with a warning that names them.

    Raises:
        MissingFileError: An input does not exist, or a folder holds neither image nor video.
    """
    items = []
    for item in [inputs] if isinstance(inputs, Item) else inputs:
        items += [item] if isinstance(item, np.ndarray) else find_files(Path(item))
    stems = [f'array_{i}' if isinstance(item, np.ndarray) else item.stem for i, item in enumerate(items)]
    return dict(zip(make_unique(stems), items, strict=True))


def find_files(path: Path) -> list[Path]:
    """Returns the file itself, or the images and videos in a folder.

    Raises:
        MissingFileError: The path does not exist, or is a folder without images and videos.
    """
    if not path.is_dir():
        if not path.exists():
            raise MissingFileError(f'{path}: no such file or folder')
        return [path]
    files = sorted(file for file in path.iterdir() if not file.name.startswith('.'))
    readable = {file: file.is_file() and file.suffix.lower() in READABLE_SUFFIXES for file in files}
    images = [file for file in files if readable[file]]
    others = [file for file in files if not readable[file]]
    if not images:
        instead = f' but {describe(others)}' if others else ''
        raise MissingFileError(
            f'{path}: no image or video in this folder{instead}; these types are read: {", ".join(READABLE_SUFFIXES)}'
        )
    if others:
        print_log(
            f'{path}: skipped {describe(others)}. In folders, these types are read: {", ".join(READABLE_SUFFIXES)}; '
            'convert others to PNG or MP4, and pass subfolders as inputs of their own to read them too',
            'current',
            logging.WARNING,
        )
    return images


def describe(paths: Sequence[Path]) -> str:
    """Counts subfolders and files by suffix, and names the first three."""
    kinds = Counter('folder' if path.is_dir() else path.suffix or 'no suffix' for path in paths)
    counts = ', '.join(f'{count} x {kind}' for kind, count in sorted(kinds.items()))
    more = ', ...' if len(paths) > 3 else ''
    return f'{counts} ({", ".join(path.name for path in paths[:3])}{more})'


def make_unique(stems: Sequence[str]) -> list[str]:
    """Adds numbers to repeated names, so that none is used twice."""
    names, own = {}, set(stems)
    for stem in stems:
        name, number = stem, 2
        while name in names or (number > 2 and name in own):
            name, number = f'{stem}_{number}', number + 1
        names[name] = None
    return list(names)


def is_video(item: Path | np.ndarray) -> bool:
    """Whether an input is a video, judging by its name."""
    return isinstance(item, Path) and item.suffix.lower() in VIDEO_SUFFIXES


def count_images(items: Items) -> int:
    """Counts images and frames; videos of unknown length count 0."""
    return sum(count_frames(item) if is_video(item) else 1 for item in items.values())


def count_frames(path: Path) -> int:
    """Returns how many frames a video claims to have, 0 if it cannot be read."""
    try:
        with VideoFile(path) as video:
            return video.count
    except UserError:
        return 0


def raise_error(error: UserError) -> NoReturn:
    """Raises the error."""
    raise error


def read_images(items: Items, on_error: Callable[[UserError], None] = raise_error) -> Iterator[InputImage]:
    """Reads images, arrays and videos, one image at a time.

    Args:
        items: What :func:`list_inputs` returns.
        on_error: Called with the error of an input that cannot be read, before the next one is read. By default it
            raises the error.

    Raises:
        UserError: An input cannot be read, or a video only in part; the message names it.
    """
    for name, item in items.items():
        try:
            yield from read_item(name, item)
        except UserError as error:
            on_error(error)


def read_item(name: str, item: Path | np.ndarray) -> Iterator[InputImage]:
    """Reads the images of one input; see :func:`read_images`."""
    if is_video(item):
        with VideoFile(item) as video:
            for number, frame in enumerate(video):
                yield InputImage(name, f'{item.name}, frame {number}', frame.image, number, video.fps, frame.time)
    elif isinstance(item, np.ndarray):
        yield InputImage(name, name, read_array(name, item))
    else:
        yield InputImage(name, item.name, read_rgb(item))


def read_array(name: str, pixels: np.ndarray) -> np.ndarray:
    """Turns an array into RGB (H, W, 3), uint8.

    Raises:
        UserError: It is not an image; the message names it.
    """
    try:
        return to_rgb(pixels)
    except ValueError as error:
        raise UserError(f'{name}: {error}') from error
