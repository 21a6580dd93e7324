"""Writes videos frame by frame."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from .files import atomic_file
from .packages import MissingPackageError, require_packages

if TYPE_CHECKING:
    import av

FPS_RANGE = (0.1, 240.0)
"""Minimum and maximum rate that is written."""
TICKS = 100
"""Clock ticks per frame."""
ROUNDING = 0.0011
"""Seconds by which the times of evenly spaced frames may differ from even ones: Matroska rounds to milliseconds."""


class VideoWriter:
    """Writes an MP4 of frames of one size in H.264, which browsers play.

    The file appears once it is complete and all of its frames have been read back. As a context manager it calls
    :meth:`close` at the end; after an error it leaves no file.

    Args:
        path: The file; Matroska if its suffix is ``.mkv``.
        fps: Frames per second, limited to :data:`FPS_RANGE`. It is rounded to a fraction with a denominator of at most
            1001, so that 29.97 and 30000/1001 are exact.
        height: Height of the frames, even.
        width: Width of the frames, even.

    Raises:
        UnwritableError: The file cannot be written.
        MissingPackageError: PyAV is missing, or lacks the encoder.
    """

    def __init__(self, path: str | Path, fps: float, height: int, width: int) -> None:
        require_packages('writing a video', ['av'])
        path, (low, high) = Path(path), FPS_RANGE
        self.rate = Fraction(min(max(fps, low), high)).limit_denominator(1001)
        self.count, self.clock = 0, -1
        with ExitStack() as stack:
            self.file = stack.enter_context(atomic_file(path))
            stack.enter_context(system_errors(f'a video of {height}x{width} pixels'))
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

    def write(self, frame: np.ndarray, time: float | None = None) -> None:
        """Adds a frame; it may be written later.

        Args:
            frame: RGB (height, width, 3), uint8.
            time: Time in seconds from the first frame; at an even rate by default.

        Raises:
            UnwritableError: Frames cannot be written; the file is dropped.
        """
        import av

        image = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format='rgb24')
        self.clock = max(self._ticks(time), self.clock + 1)
        image.pts, image.time_base = self.clock, 1 / self.rate / TICKS
        self.count += 1
        self._encode(image)

    def _ticks(self, time: float | None) -> int:
        """Converts a time to clock ticks; times that are even up to rounding are made exactly even."""
        even = self.count if time is None else round(time * self.rate)
        if time is None or abs(time - even / self.rate) <= ROUNDING:
            return even * TICKS
        return round(time * self.rate * TICKS)

    def close(self) -> None:
        """Ends the file, reads it back, and gives it its name.

        Raises:
            UnwritableError: The file cannot be written, or not all of its frames can be read back; it is dropped.
        """
        self._encode(None)
        with self.stack:
            self.container.close()
            self.file.flush()
            if (readable := count_frames(self.file.name)) != self.count:
                raise OSError(f'only {readable} of {self.count} frames can be read back')

    def _encode(self, image: 'av.VideoFrame | None') -> None:
        """Encodes a frame, or None after the last one, and writes what is ready."""
        with ExitStack() as stack:
            stack.push(self.stack)  # closed if this fails
            self.container.mux(self.stream.encode(image))
            stack.pop_all()


@contextmanager
def system_errors(subject: str) -> Iterator[None]:
    """Converts PyAV's errors to system errors."""
    import av

    try:
        yield
    except av.FFmpegError as error:
        raise OSError(f'{subject}: {error.strerror}') from error


def open_container(file: BinaryIO, suffix: str) -> 'av.container.OutputContainer':
    """Starts a video in a file.

    Python writes the file: it has no short writes, and raises errors at once.
    """
    import av

    return av.open(file, 'w', format='matroska' if suffix == '.mkv' else 'mp4')


def add_stream(container: 'av.container.OutputContainer', rate: Fraction, height: int, width: int) -> 'av.VideoStream':
    """Adds the stream of images, in a quality at which small text is legible.

    Raises:
        MissingPackageError: PyAV lacks the encoder.
    """
    import av

    try:
        stream = container.add_stream('libx264', rate, options=dict(preset='veryfast', crf='18'))
    except av.codec.codec.UnknownCodecError as error:
        raise MissingPackageError('writing a video needs av with libx264, as in: pip install av') from error
    stream.height, stream.width, stream.pix_fmt = height, width, 'yuv420p'
    stream.codec_context.time_base = 1 / rate / TICKS
    return stream


def count_frames(path: str) -> int:
    """Decodes a video and counts its frames."""
    import av

    with open(path, 'rb') as file, av.open(file) as container:
        container.streams.video[0].thread_type = 'AUTO'
        return sum(1 for _ in container.decode(video=0))
