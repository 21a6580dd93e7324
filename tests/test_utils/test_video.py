import os
import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from mtcp_mm.utils import UnwritableError, UserError, VideoFile, VideoWriter

RED = np.zeros((32, 48, 3), np.uint8)
RED[..., 0] = 200


@pytest.fixture
def video(tmp_path):
    """A Matroska file of twenty frames of noise, which can be read as far as it goes."""
    path = tmp_path / 'a.mkv'
    writer = VideoWriter(path, 12.5, 32, 48)
    generator = np.random.default_rng(0)
    for _ in range(20):
        writer.write(generator.integers(0, 256, RED.shape, np.uint8))
    writer.close()
    return path


def test_what_was_written_is_read(tmp_path):
    writer = VideoWriter(tmp_path / 'a.mp4', 12.5, 32, 48)
    for value in (1, 0.5, 0.25):
        writer.write((RED * value).astype(np.uint8))
    writer.close()
    with VideoFile(tmp_path / 'a.mp4') as video:
        assert (video.fps, video.count) == (12.5, 3)
        frames = list(video)
    assert len(frames) == 3 and frames[0].dtype == np.uint8
    for frame, red in zip(frames, (200, 100, 50), strict=True):  # RGB, as far as the codec keeps it
        assert abs(frame.mean((0, 1)) - [red, 0, 0]).max() < 8


def test_of_a_truncated_video_the_readable_frames_come_first(video):
    content = video.read_bytes()
    video.write_bytes(content[: len(content) // 2])
    frames = []
    with VideoFile(video) as file, pytest.raises(ValueError, match=r'a\.mkv: only \d+ of 20 frames') as caught:
        for frame in file:
            frames.append(frame)
    assert 0 < len(frames) < 20 and f'only {len(frames)} of' in str(caught.value)


def lengthen(path, seconds):
    """Has a Matroska file say that it lasts longer, as one does whose sound is longer than its images."""
    content = path.read_bytes()
    place = content.index(b'\x44\x89\x88') + 3  # Duration, a double, in milliseconds
    (duration,) = struct.unpack('>d', content[place : place + 8])
    path.write_bytes(content[:place] + struct.pack('>d', duration + 1000 * seconds) + content[place + 8 :])


def test_a_file_may_last_a_little_longer_than_its_pictures(video):
    lengthen(video, 0.15)
    with VideoFile(video) as file:
        assert file.count > 20 and len(list(file)) == 20
    lengthen(video, 1)
    with VideoFile(video) as file, pytest.raises(ValueError, match='only 20 of 34 frames'):
        list(file)


@pytest.mark.parametrize('fps', [0.5, 23.976, 65.537, 66.1234, 119.987, 239.713, 1000])
def test_any_rate_is_written(tmp_path, fps):
    writer = VideoWriter(tmp_path / 'a.mp4', fps, 32, 48)
    for _ in range(3):
        writer.write(RED)
    writer.close()
    with VideoFile(tmp_path / 'a.mp4') as video:
        assert video.fps == pytest.approx(min(fps, 240), abs=0.01)
        assert len(list(video)) == 3


def test_a_name_that_opencv_does_not_survive(tmp_path):
    name = os.fsdecode(os.fsencode(tmp_path) + b'/caf\xe9.mkv')
    for open_it in (VideoFile, lambda path: VideoWriter(path, 10, 32, 48)):
        with pytest.raises(ValueError, match=r'caf\\udce9\.mkv.*rename it'):
            open_it(name)


@pytest.mark.parametrize('kept', [0, 40])
def test_no_video_is_named(video, kept):
    video.write_bytes(video.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r'a\.mkv: '), VideoFile(video) as file:
        list(file)


@pytest.mark.parametrize('fps', [Fraction(30000, 1001), Fraction(24000, 1001), Fraction(2997, 100)])
def test_rates_of_television_are_kept_exactly(tmp_path, fps):
    with VideoWriter(tmp_path / 'a.mp4', float(fps), 32, 48) as writer:
        for _ in range(5):
            writer.write(RED)
    with av.open(str(tmp_path / 'a.mp4')) as video:
        assert video.streams.video[0].average_rate == fps
        times = [frame.pts * frame.time_base for frame in video.decode(video=0)]
    assert times == [i / fps for i in range(5)]


def test_browsers_play_it(tmp_path):
    with VideoWriter(tmp_path / 'a.mp4', 10, 32, 48) as writer:
        writer.write(RED)
    with av.open(str(tmp_path / 'a.mp4')) as video:
        codec = video.streams.video[0].codec_context
        assert 'mp4' in video.format.name and (codec.name, codec.pix_fmt) == ('h264', 'yuv420p')


@pytest.mark.parametrize('size', [0, 100, 20000])
def test_on_a_full_disk_there_is_an_error_and_no_file(tmp_path, full_disk, size):
    noise = np.random.default_rng(0).integers(0, 256, (60, *RED.shape), np.uint8)
    (tmp_path / 'a.mp4').write_bytes(b'before')
    with full_disk(size), pytest.raises(UnwritableError, match=r'a\.mp4 cannot be written \(File too large\)'):
        writer = VideoWriter(tmp_path / 'a.mp4', 10, 32, 48)
        for frame in noise:
            writer.write(frame)
        writer.close()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [('a.mp4', b'before')]


@pytest.mark.parametrize('error', [KeyboardInterrupt(), ValueError('of another part')])
def test_what_is_broken_off_leaves_no_file(tmp_path, error):
    with pytest.raises(type(error)) as caught, VideoWriter(tmp_path / 'a.mp4', 10, 32, 48) as writer:
        writer.write(RED)
        raise error
    assert caught.value is error and not list(tmp_path.iterdir())


def test_frames_that_cannot_be_read_back_are_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr('mtcp_mm.utils.video.count_frames', lambda _: 1)
    with pytest.raises(UnwritableError, match=r'a\.mp4 cannot be written \(only 1 of 2 frames'):
        with VideoWriter(tmp_path / 'a.mp4', 10, 32, 48) as writer:
            writer.write(RED)
            writer.write(RED)
    assert not list(tmp_path.iterdir())


def test_a_size_that_the_format_lacks(tmp_path):
    with pytest.raises(UnwritableError, match=r'a\.mp4 .*33x48'):
        with VideoWriter(tmp_path / 'a.mp4', 10, 33, 48) as writer:
            writer.write(np.zeros((33, 48, 3), np.uint8))
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written(tmp_path):
    (tmp_path / 'nowhere').touch()
    with pytest.raises(OSError, match='nowhere'):
        VideoWriter(tmp_path / 'nowhere' / 'a.mp4', 10, 32, 48)


@pytest.mark.parametrize('text', ['ffconcat version 1.0\nfile a.mkv\n', '#EXTM3U\n#EXTINF:1,\na.mkv\n#EXT-X-ENDLIST\n'])
def test_a_playlist_reads_no_other_file(video, monkeypatch, text):
    monkeypatch.chdir(video.parent)
    video.with_name('list.mp4').write_text(text)
    for path in ('list.mp4', video.with_name('list.mp4')):
        with pytest.raises(UserError, match=r'list\.mp4: cannot be read as a video \(it does not begin as one\)'):
            VideoFile(path)


def test_a_numbered_picture_is_not_the_first_of_others(tmp_path):
    for number in range(3):
        Image.fromarray(RED).save(tmp_path / f'{number}.mp4', 'PNG')
    with pytest.raises(UserError, match=r'0\.mp4: cannot be read as a video'):
        VideoFile(tmp_path / '0.mp4')


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / 'a.mp4')
    with pytest.raises(UserError, match=r'a\.mp4: a named pipe'):
        VideoFile(tmp_path / 'a.mp4')


def test_frames_that_are_too_large_are_refused(video, monkeypatch):
    monkeypatch.setattr('mtcp_mm.utils.video.MOST_PIXELS', 1000)
    with pytest.raises(UserError, match=r'a\.mkv: .*frames have 48x32 pixels, and at most 1000'):
        VideoFile(video)
