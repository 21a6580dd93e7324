"""Videos, frame by frame in RGB order."""

import math
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import cv2
import numpy as np

from .errors import UserError
from .files import atomic_file
from .packages import MissingPackageError, require_packages
from .untrusted import open_regular, reading

if TYPE_CHECKING:
    import av

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
            # No other of OpenCV's readers, which take a name with a number for the first of many images.
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
            UserError: The file ends before its last frame; those before were yielded.
        """
        fps, read, seconds = self.fps, 0, 0.0
        while (frame := self.capture.read()[1]) is not None:
            read += 1
            # Where the rate varies, the number of frames is less than the file's length tells.
            seconds = max(read / fps, self.capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 + 1 / fps)
            yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
        length = self.count / fps
        if read == 0 or length - seconds > max(1.5 / fps, min(SHORTFALL, length / 10)):
            raise UserError(
                f'{self.path}: only {read} of {self.count} frames can be read; the video is cut off or damaged. '
                'Fetch it again'
            )


class VideoWriter:
    """Writes an MP4 of frames of one size in H.264, which browsers play.

    The file appears when it is complete and all of its frames were read back. As a context it ends with
    :meth:`close`, and leaves nothing where an error ends it.

    Args:
        path: The file; it is Matroska where it is called ``.mkv``.
        fps: Frames a second, within :data:`FPS_RANGE`. The nearest fraction with a denominator of at most 1001 is
            kept, and so 29.97 and 30000/1001 are.
        height: Height of the frames, even.
        width: Width of the frames, even.

    Raises:
        UnwritableError: It cannot be written.
        MissingPackageError: PyAV is missing, or lacks the encoder.
    """

    def __init__(self, path: str | Path, fps: float, height: int, width: int) -> None:
        require_packages('writing a video', ['av'])
        path, (low, high) = Path(check_name(path)), FPS_RANGE
        self.rate = Fraction(min(max(fps, low), high)).limit_denominator(1001)
        self.count = 0
        with ExitStack() as stack:
            self.file = stack.enter_context(atomic_file(path))
            stack.enter_context(naming_failures(f'a video of {height}x{width} pixels'))
            self.container = stack.enter_context(open_container(self.file, path.suffix))
            self.stream = add_stream(self.container, self.rate, height, width)
            self.stack = stack.pop_all()

    def __enter__(self) -> 'VideoWriter':
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            self.close()
        else:
            self.stack.__exit__(kind, error, trace)

    def write(self, frame: np.ndarray) -> None:
        """Adds a frame (height, width, 3), uint8; it may be written later.

        Raises:
            UnwritableError: Frames cannot be written; the file is given up.
        """
        import av

        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format='rgb24')
        picture.pts, picture.time_base = self.count, 1 / self.rate
        self.count += 1
        self._encode(picture)

    def close(self) -> None:
        """Ends the file, reads it back, and gives it its name.

        Raises:
            UnwritableError: It cannot be written, or not all of its frames can be read; it is given up.
        """
        self._encode(None)
        with self.stack:
            self.container.close()
            self.file.flush()
            if (readable := count_frames(self.file.name)) != self.count:
                raise OSError(f'only {readable} of {self.count} frames can be read back')

    def _encode(self, picture: 'av.VideoFrame | None') -> None:
        """Encodes a frame, or None after the last one, and writes what is ready."""
        with ExitStack() as stack:
            stack.push(self.stack)  # which ends where this fails
            self.container.mux(self.stream.encode(picture))
            stack.pop_all()


@contextmanager
def naming_failures(what: str) -> Iterator[None]:
    """Turns PyAV's own errors into those of the system."""
    import av

    try:
        yield
    except av.FFmpegError as error:
        raise OSError(f'{what}: {error.strerror}') from error


def open_container(file: BinaryIO, suffix: str) -> 'av.container.OutputContainer':
    """Starts a video in a file.

    It is written by Python, which has no short writes and raises at once.
    """
    import av

    return av.open(file, 'w', format='matroska' if suffix == '.mkv' else 'mp4')


def add_stream(container: 'av.container.OutputContainer', rate: Fraction, height: int, width: int) -> 'av.VideoStream':
    """Adds the stream of images, of a quality at which small writing can be read.

    Raises:
        MissingPackageError: PyAV lacks the encoder.
    """
    import av

    try:
        stream = container.add_stream('libx264', rate, options=dict(preset='veryfast', crf='18'))
    except av.codec.codec.UnknownCodecError as error:
        raise MissingPackageError('writing a video needs an av with libx264, as pip install av brings it') from error
    stream.height, stream.width, stream.pix_fmt = height, width, 'yuv420p'
    return stream


def count_frames(path: str) -> int:
    """Decodes a video and counts its frames."""
    import av

    with av.open(path) as container:
        container.streams.video[0].thread_type = 'AUTO'
        return sum(1 for _ in container.decode(video=0))


def check_name(path: str | Path) -> str:
    """Returns a path as text.

    Raises:
        ValueError: It is not in UTF-8, and OpenCV would end the process.
    """
    try:
        return str(path).encode().decode()
    except UnicodeEncodeError as error:
        raise ValueError(f'{path!a}: a video of this name cannot be opened; rename it') from error
