import os
import re
import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from mtcp_mm.utils import UserError, VideoFile, VideoWriter

RED = np.zeros((32, 48, 3), np.uint8)
RED[..., 0] = 200


@pytest.fixture
def video(tmp_path):
    """A Matroska file of twenty frames of noise, which can be read up to a cut."""
    path = tmp_path / 'a.mkv'
    writer = VideoWriter(path, 12.5, 32, 48)
    generator = np.random.default_rng(0)
    for _ in range(20):
        writer.write(generator.integers(0, 256, RED.shape, np.uint8))
    writer.close()
    return path


def test_reads_written_videos(tmp_path):
    writer = VideoWriter(tmp_path / 'a.mp4', 12.5, 32, 48)
    for value in (1, 0.5, 0.25):
        writer.write((RED * value).astype(np.uint8))
    writer.close()
    with VideoFile(tmp_path / 'a.mp4') as video:
        assert (video.fps, video.count) == (12.5, 3)
        frames = [frame.image for frame in video]
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
    """Makes a Matroska file state a longer duration, as if its sound were longer than its images."""
    content = path.read_bytes()
    place = content.index(b'\x44\x89\x88') + 3  # Duration, a double, in milliseconds
    (duration,) = struct.unpack('>d', content[place : place + 8])
    path.write_bytes(content[:place] + struct.pack('>d', duration + 1000 * seconds) + content[place + 8 :])


def test_a_file_may_be_a_little_longer_than_its_images(video):
    lengthen(video, 0.15)
    with VideoFile(video) as file:
        assert file.count > 20 and len(list(file)) == 20
    lengthen(video, 1)
    with VideoFile(video) as file, pytest.raises(ValueError, match='only 20 of 34 frames'):
        list(file)


@pytest.mark.parametrize('kept', [0, 40])
def test_files_that_are_not_videos_are_named(video, kept):
    video.write_bytes(video.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r'a\.mkv: '), VideoFile(video) as file:
        list(file)


@pytest.mark.parametrize('text', ['ffconcat version 1.0\nfile a.mkv\n', '#EXTM3U\n#EXTINF:1,\na.mkv\n#EXT-X-ENDLIST\n'])
def test_a_playlist_reads_no_other_file(video, monkeypatch, text):
    monkeypatch.chdir(video.parent)
    video.with_name('list.mp4').write_text(text)
    for path in ('list.mp4', video.with_name('list.mp4')):
        with pytest.raises(UserError, match=r'list\.mp4: cannot be read as a video \(it does not begin like one\)'):
            VideoFile(path)


def test_a_numbered_image_is_not_the_first_of_others(tmp_path):
    for number in range(3):
        Image.fromarray(RED).save(tmp_path / f'{number}.mp4', 'PNG')
    with pytest.raises(UserError, match=r'0\.mp4: cannot be read as a video'):
        VideoFile(tmp_path / '0.mp4')


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / 'a.mp4')
    with pytest.raises(UserError, match=r'a\.mp4: a named pipe'):
        VideoFile(tmp_path / 'a.mp4')


def test_frames_that_are_too_large_are_refused(video, monkeypatch):
    monkeypatch.setattr('mtcp_mm.utils.video_file.MAX_PIXELS', 1000)
    with pytest.raises(UserError, match=r'a\.mkv: .*frames have 48x32 pixels, and at most 1000'):
        VideoFile(video)


def record(path, frames, codec='libx264', rate=10, milliseconds=None, rotation=0, **options):
    """Makes a video like a camera."""
    with av.open(str(path), 'w', options=options) as container:
        stream = container.add_stream(codec, rate)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = 'yuvj420p' if codec == 'mjpeg' else 'yuv420p'
        if rotation:
            stream.set_display_rotation(rotation)
        if milliseconds:
            stream.codec_context.time_base = Fraction(1, 1000)
        for i, frame in enumerate(frames):
            image = av.VideoFrame.from_ndarray(frame, format='rgb24')
            if milliseconds:
                image.pts, image.time_base = milliseconds[i], Fraction(1, 1000)
            container.mux(stream.encode(image))
        container.mux(stream.encode(None))


MARKED = np.zeros((32, 48, 3), np.uint8)
MARKED[:16, :16] = 250, 0, 0  # the top left corner is red


NOISE = list(np.random.default_rng(0).integers(0, 256, (20, 32, 48, 3), np.uint8))


@pytest.mark.parametrize('kept', [0.5, 0.7, 0.9])
@pytest.mark.parametrize('suffix', ['mp4', 'mkv', 'avi', 'ts'])
def test_no_frame_of_a_truncated_video_is_damaged(tmp_path, suffix, kept):
    path = tmp_path / f'a.{suffix}'
    record(path, NOISE, 'mpeg4', **dict(movflags='faststart') if suffix == 'mp4' else {})  # the index comes first
    with VideoFile(path) as video:
        whole = [frame.image for frame in video]
    content, frames = path.read_bytes(), []
    path.write_bytes(content[: int(kept * len(content))])
    with VideoFile(path) as video:
        try:
            for frame in video:
                frames.append(frame.image)
        except UserError as error:
            assert f'a.{suffix}: only {len(frames)} of' in str(error)
        else:
            assert suffix == 'ts'  # which does not store its length
    assert 1 < len(frames) < 20 and np.array_equal(frames, whole[: len(frames)])


@pytest.mark.parametrize('rotation', [0, 90, 180, -90])
def test_rotated_recordings_are_set_upright(tmp_path, rotation):
    record(tmp_path / 'a.mp4', [np.rot90(MARKED, -rotation // 90).copy()] * 3, rotation=rotation)
    with VideoFile(tmp_path / 'a.mp4') as video:
        for image, _ in video:
            assert image.shape == MARKED.shape and abs(image.astype(int) - MARKED).mean() < 5


@pytest.mark.parametrize('suffix', ['mp4', 'mkv'])
def test_frames_of_an_uneven_rate_keep_their_times(tmp_path, suffix):
    times = [*range(0, 1000, 100), *range(1000, 1330, 33)]
    record(tmp_path / f'a.{suffix}', [RED] * len(times), rate=1000, milliseconds=times)
    with VideoFile(tmp_path / f'a.{suffix}') as video:
        frames = list(video)
    assert [1000 * frame.time for frame in frames] == pytest.approx(times, abs=1)


@pytest.mark.parametrize('size', [(33, 47), (1, 1), (17, 200)])
@pytest.mark.parametrize(('codec', 'suffix'), [('mjpeg', 'avi'), ('mpeg4', 'mp4'), ('ffv1', 'mkv')])
def test_any_codec_and_size(tmp_path, size, codec, suffix):
    frames = [np.full((*size, 3), (value, 100, 100), np.uint8) for value in (50, 120, 200)]
    record(tmp_path / f'a.{suffix}', frames, codec)
    with VideoFile(tmp_path / f'a.{suffix}') as video:
        found = [frame.image for frame in video]
        assert video.fps == 10
    assert len(found) == 3
    for image, wanted in zip(found, frames, strict=True):
        assert image.shape == wanted.shape and abs(image.astype(int) - wanted).mean() < 12


def test_any_file_name(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b'/caf\xe9 %d?.mkv')
    with VideoWriter(path, 10, 32, 48) as writer:
        writer.write(RED)
    with VideoFile(path) as video:
        assert len(list(video)) == 1


@pytest.mark.parametrize('text', ['ffconcat version 1.0\nfile a.mkv\n', '#EXTM3U\n#EXTINF:1,\na.mkv\n#EXT-X-ENDLIST\n'])
def test_ffmpeg_reads_no_playlists_whatever_they_begin_with(video, monkeypatch, text):
    monkeypatch.chdir(video.parent)
    monkeypatch.setattr('mtcp_mm.utils.video_file.CONTAINERS', re.compile(b''))
    video.with_name('list.mp4').write_text(text)
    with pytest.raises(UserError, match=r'list\.mp4: cannot be read as a video'):
        VideoFile('list.mp4')


def test_ffmpeg_reads_no_other_formats(tmp_path, monkeypatch):
    monkeypatch.setattr('mtcp_mm.utils.video_file.CONTAINERS', re.compile(b''))
    Image.fromarray(RED).save(tmp_path / 'a.mp4', 'GIF')
    with pytest.raises(UserError, match=r'a\.mp4: cannot be read as a video'):
        VideoFile(tmp_path / 'a.mp4')


def test_sound_alone_is_not_a_video(tmp_path):
    with av.open(str(tmp_path / 'a.mkv'), 'w') as container:
        stream = container.add_stream('pcm_s16le', 8000, layout='mono')
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout='mono')
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(UserError, match=r'a\.mkv: cannot be read as a video \(it has no images\)'):
        VideoFile(tmp_path / 'a.mkv')
