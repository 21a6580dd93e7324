from fractions import Fraction

import av
import numpy as np
import pytest

from mtcp_mm.utils import UnwritableError, VideoFile, VideoWriter

RED = np.zeros((32, 48, 3), np.uint8)
RED[..., 0] = 200


@pytest.mark.parametrize('fps', [0.5, 23.976, 65.537, 66.1234, 119.987, 239.713, 1000])
def test_any_frame_rate_is_written(tmp_path, fps):
    writer = VideoWriter(tmp_path / 'a.mp4', fps, 32, 48)
    for _ in range(3):
        writer.write(RED)
    writer.close()
    with VideoFile(tmp_path / 'a.mp4') as video:
        assert video.fps == pytest.approx(min(fps, 240), abs=0.01)
        assert len(list(video)) == 3


@pytest.mark.parametrize('fps', [Fraction(30000, 1001), Fraction(24000, 1001), Fraction(2997, 100)])
def test_television_frame_rates_are_exact(tmp_path, fps):
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
def test_an_interrupted_video_leaves_no_file(tmp_path, error):
    with pytest.raises(type(error)) as caught, VideoWriter(tmp_path / 'a.mp4', 10, 32, 48) as writer:
        writer.write(RED)
        raise error
    assert caught.value is error and not list(tmp_path.iterdir())


def test_frames_that_cannot_be_read_back_are_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr('mtcp_mm.utils.video_writer.count_frames', lambda _: 1)
    with pytest.raises(UnwritableError, match=r'a\.mp4 cannot be written \(only 1 of 2 frames'):
        with VideoWriter(tmp_path / 'a.mp4', 10, 32, 48) as writer:
            writer.write(RED)
            writer.write(RED)
    assert not list(tmp_path.iterdir())


def test_a_size_that_the_format_does_not_support(tmp_path):
    with pytest.raises(UnwritableError, match=r'a\.mp4 .*33x48'):
        with VideoWriter(tmp_path / 'a.mp4', 10, 33, 48) as writer:
            writer.write(np.zeros((33, 48, 3), np.uint8))
    assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written(tmp_path):
    (tmp_path / 'nowhere').touch()
    with pytest.raises(OSError, match='nowhere'):
        VideoWriter(tmp_path / 'nowhere' / 'a.mp4', 10, 32, 48)


@pytest.mark.parametrize('suffix', ['mp4', 'mkv'])
def test_frames_are_shown_when_they_should_be(tmp_path, suffix):
    times = [0, 0.04, 0.08, 1.5, 1.51, 4]
    with VideoWriter(tmp_path / f'a.{suffix}', 25, 32, 48) as writer:
        for time in times:
            writer.write(RED, time)
    with VideoFile(tmp_path / f'a.{suffix}') as video:
        assert [frame.time for frame in video] == pytest.approx(times, abs=0.001)


def test_times_that_matroska_rounds_are_made_even(tmp_path):
    fps = Fraction(30000, 1001)
    with VideoWriter(tmp_path / 'a.mp4', float(fps), 32, 48) as writer:
        for i in range(9):
            writer.write(RED, round(i / fps, 3))
    with av.open(str(tmp_path / 'a.mp4')) as video:
        assert [frame.pts * frame.time_base for frame in video.decode(video=0)] == [i / fps for i in range(9)]


def test_no_two_frames_have_the_same_time(tmp_path):
    with VideoWriter(tmp_path / 'a.mp4', 25, 32, 48) as writer:
        for time in (0, 0, 0.04, 0.03):
            writer.write(RED, time)
    with VideoFile(tmp_path / 'a.mp4') as video:
        assert np.all(np.diff([frame.time for frame in video]) > 0)
