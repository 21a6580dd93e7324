"""Reads videos frame by frame."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .errors import UserError
from .packages import require_packages
from .untrusted import open_regular, reading

if TYPE_CHECKING:
    import av

CONTAINERS = re.compile(
    rb'RIFF....AVI |\x1a\x45\xdf\xa3|....(?:ftyp|moov|mdat|free|skip|wide|pnot)|\0\0\x01[\xb3\xba]'
    rb'|\x47.{187}\x47|.{4}\x47.{191}\x47|FLV|OggS|\x30\x26\xb2\x75',
    re.DOTALL,
)
"""First bytes of AVI, Matroska, WebM, MP4, MOV, MPEG, FLV, Ogg, ASF. Playlists are refused: they name other files."""
FORMATS = 'avi,matroska,mov,mpeg,mpegts,mpegvideo,flv,ogg,asf'
"""FFmpeg's names of these formats, the only ones that it may detect in a file."""
REMEDY = 'fetch it again, or convert it to MP4 (H.264)'
MAX_PIXELS = 1 << 26
"""Maximum number of pixels per frame; 8K has half of it."""
DEFAULT_FPS = 25.0
SHORTFALL = 0.5
"""Seconds by which a complete video may be shorter than its file, in which the sound may be longer."""


class Frame(NamedTuple):
    """A frame of a video.

    Args:
        image: RGB (H, W, 3), uint8.
        time: Time in seconds from the first frame.
    """

    image: np.ndarray
    time: float


class VideoFile:
    """A video that can be read once, from its first frame on.

    Args:
        path: A file in any codec of FFmpeg. Rotated recordings are set upright, and frames are resized to the size of
            the first.

    Raises:
        UserError: The file cannot be read, or names other files; the message names it.
        MissingPackageError: PyAV is missing.
    """

    def __init__(self, path: str | Path) -> None:
        require_packages('reading a video', ['av'])
        self.path = path
        with reading(path, REMEDY, 'cannot be read as a video'), ExitStack() as stack:
            file = stack.enter_context(open_regular(path))
            if not CONTAINERS.match(file.read(1 << 10)):
                raise ValueError('it does not begin like one')
            file.seek(0)
            self.container = stack.enter_context(open_container(file))
            self.stream = find_stream(self.container)
            self.stack = stack.pop_all()

    def __enter__(self) -> 'VideoFile':
        return self

    def __exit__(self, *_) -> None:
        self.stack.close()

    @property
    def fps(self) -> float:
        """Average frames per second; 25 if the file does not say."""
        return float(self.stream.average_rate or self.stream.guessed_rate or DEFAULT_FPS)

    @property
    def count(self) -> int:
        """Number of frames according to the file, in some formats an estimate; 0 if unknown."""
        return self.stream.frames or round(self._length() * self.fps)

    def _length(self) -> float:
        """Returns the duration in seconds according to the file; 0 if unknown."""
        import av

        if self.stream.duration:
            return max(0.0, float(self.stream.duration * self.stream.time_base))
        return max(0, self.container.duration or 0) / av.time_base

    def __iter__(self) -> Iterator[Frame]:
        """Yields the frames.

        Raises:
            UserError: The file ends before its last frame; the frames before are yielded first.
        """
        read, time, moment, size = 0, -1 / self.fps, None, None
        for frame in whole_frames(self.container, self.stream):
            size = size or (frame.width, frame.height)
            time += self._step(moment, frame.time)
            read, moment = read + 1, frame.time
            pixels = frame.to_ndarray(format='rgb24', width=size[0], height=size[1])
            yield Frame(np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90))), time)
        expected, seconds = self.count / self.fps, time + 1 / self.fps
        if read == 0 or expected - seconds > max(1.5 / self.fps, min(SHORTFALL, expected / 10)):
            raise UserError(
                f'{self.path}: only {read} of {self.count} frames can be read; the video is cut off or damaged. '
                'Fetch it again'
            )

    def _step(self, before: float | None, now: float | None) -> float:
        """Returns the seconds between two frames; those of an even rate if times are missing or do not increase."""
        return now - before if before is not None and now is not None and now > before else 1 / self.fps


def open_container(file: object) -> 'av.container.InputContainer':
    """Opens an untrusted video: in known formats only, and without opening other files."""
    import av

    options = dict(format_whitelist=FORMATS, protocol_whitelist='none', max_pixels=str(MAX_PIXELS))
    try:
        return av.open(file, options=options, metadata_errors='ignore')
    except av.FFmpegError as error:
        raise ValueError(
            f'{error.strerror}; it may be cut off before its index, which many formats have at the end'
        ) from error


def find_stream(container: 'av.container.InputContainer') -> 'av.VideoStream':
    """Returns the stream of images, ready to be decoded.

    Raises:
        ValueError: There is no such stream, or it cannot be read.
    """
    stream = container.streams.best('video')
    if stream is None:
        raise ValueError('it has no images')
    codec = stream.codec_context
    if codec is None:
        raise ValueError('its codec is unknown')
    if codec.width * codec.height > MAX_PIXELS:
        raise ValueError(f'its frames have {codec.width}x{codec.height} pixels, and at most {MAX_PIXELS} are read')
    codec.options = dict(max_pixels=str(MAX_PIXELS))
    stream.thread_type = 'AUTO'
    return stream


def whole_frames(container: 'av.container.InputContainer', stream: 'av.VideoStream') -> Iterator['av.VideoFrame']:
    """Decodes all frames, as far as the file can be read, except damaged ones."""
    import av

    packets = container.demux(stream)  # the last one is empty, which makes the decoder return its last frames
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            packet = None
        try:
            frames = stream.decode(packet)
        except av.FFmpegError:
            frames = []
        yield from (frame for frame in frames if not frame.is_corrupt)
        if packet is None or packet.size == 0:
            return
