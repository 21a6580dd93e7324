"""Videos, frame by frame in RGB order."""

import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from .untrusted import open_regular, reading

CONTAINERS = re.compile(
    rb'RIFF....AVI |\x1a\x45\xdf\xa3|....(?:ftyp|moov|mdat|free|skip|wide|pnot)|\0\0\x01[\xb3\xba]'
    rb'|\x47.{187}\x47|.{4}\x47.{191}\x47|FLV|OggS|\x30\x26\xb2\x75',
    re.DOTALL,
)
"""How AVI, Matroska and WebM, MP4 and MOV, MPEG, FLV, Ogg and ASF files begin. Playlists would name other files."""
NO_VIDEO_REMEDY = 'fetch it again, or convert it to MP4 (H.264)'
MOST_PIXELS = 1 << 26
"""Pixels of a frame; 8K has half of them."""
USUAL_FPS = 25.0
SHORTFALL = 0.5
"""Seconds by which a whole video may be shorter than its file, in which sound may be longer."""
FPS_RANGE = (0.1, 240.0)
"""Rates that are written."""


class VideoFile:
    """A video that is read once, from its first frame on.

    Args:
        path: A file that OpenCV reads. Turned recordings are set upright.

    Raises:
        UserError: It cannot be read at all, or is no single file; the message names it.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = path
        name = os.path.abspath(check_name(path))  # a relative one might begin like an address
        with reading(path, NO_VIDEO_REMEDY, 'cannot be read as a video'):
            with open_regular(path) as file:
                if not CONTAINERS.match(file.read(1 << 10)):
                    raise ValueError('it does not begin as one')
            # No other of OpenCV's readers, which take a name with a number for the first of many pictures.
            self.capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG)
            if not self.capture.isOpened():
                raise ValueError(
                    'it may be cut off before its index, which many formats have at the end, or be of a kind that '
                    'OpenCV lacks'
                )
            width, height = self._say(cv2.CAP_PROP_FRAME_WIDTH), self._say(cv2.CAP_PROP_FRAME_HEIGHT)
            if width * height > MOST_PIXELS:
                raise ValueError(f'its frames have {width:g}x{height:g} pixels, and at most {MOST_PIXELS} are read')

    def __enter__(self) -> 'VideoFile':
        return self

    def __exit__(self, *_) -> None:
        self.capture.release()

    @property
    def fps(self) -> float:
        """Frames a second; 25 where the file does not say."""
        return self._say(cv2.CAP_PROP_FPS) or USUAL_FPS

    @property
    def count(self) -> int:
        """Number of frames as the file says, which some formats only estimate; 0 where it does not."""
        return int(self._say(cv2.CAP_PROP_FRAME_COUNT))

    def _say(self, what: int) -> float:
        """Returns a positive number that the file says, else 0."""
        number = self.capture.get(what)
        return number if math.isfinite(number) and number > 0 else 0.0

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yields the frames (H, W, 3), uint8.

        Raises:
            ValueError: The file ends before its last frame; those before were yielded.
        """
        fps, read, seconds = self.fps, 0, 0.0
        while (frame := self.capture.read()[1]) is not None:
            read += 1
            # Where the rate varies, the number of frames is less than the file's length tells.
            seconds = max(read / fps, self.capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 + 1 / fps)
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        length = self.count / fps
        if read == 0 or length - seconds > max(1.5 / fps, min(SHORTFALL, length / 10)):
            raise ValueError(
                f'{self.path}: only {read} of {self.count} frames can be read; the video is cut off or damaged. '
                'Fetch it again'
            )


class VideoWriter:
    """Writes an MP4 (MPEG-4) of frames of one size.

    Of the rate two decimals are kept, since MPEG-4 has no finer ones of all rates, within :data:`FPS_RANGE`.

    Args:
        path: The file.
        fps: Frames a second.
        height: Height of the frames, even.
        width: Width of the frames, even.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: str | Path, fps: float, height: int, width: int) -> None:
        low, high = FPS_RANGE
        fps = round(min(max(fps, low), high), 2)
        self.writer = cv2.VideoWriter(check_name(path), cv2.VideoWriter_fourcc(*'mp4v'), fps, (width, height))
        if not self.writer.isOpened():
            raise OSError(
                f'{path}: OpenCV cannot write this video of {height}x{width} pixels at {fps:g} frames a second'
            )

    def write(self, frame: np.ndarray) -> None:
        """Adds a frame (height, width, 3), uint8."""
        self.writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        """Ends the file."""
        self.writer.release()


def check_name(path: str | Path) -> str:
    """Returns a path as text.

    Raises:
        ValueError: It is not in UTF-8, and OpenCV would end the process.
    """
    try:
        return str(path).encode().decode()
    except UnicodeEncodeError as error:
        raise ValueError(f'{path!a}: a video of this name cannot be opened; rename it') from error
