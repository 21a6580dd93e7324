from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.apis.inputs import count_images, list_inputs, read_images
from mtcp_mm.utils import VideoWriter

GREY = np.full((4, 6), 90, np.uint8)


@pytest.fixture
def folder(tmp_path):
    Image.fromarray(GREY).save(tmp_path / 'b.PNG')
    Image.fromarray(GREY).save(tmp_path / 'a.jpg')
    (tmp_path / 'notes.txt').write_text('no image')
    return tmp_path


@pytest.fixture
def messages(monkeypatch):
    """The logged messages."""
    texts = []
    monkeypatch.setattr('mtcp_mm.apis.inputs.print_log', lambda text, *_: texts.append(text))
    return texts


def write_video(path, frames):
    writer = VideoWriter(path, 5, 16, 32)
    for value in range(frames):
        writer.write(np.full((16, 32, 3), value * 40, np.uint8))
    writer.close()
    return path


def test_files_folders_and_arrays_get_unique_names(folder, tmp_path):
    items = list_inputs([folder, str(folder / 'a.jpg'), GREY])
    assert list(items) == ['a', 'b', 'a_2', 'array_3']
    assert items['a_2'] == folder / 'a.jpg' and items['array_3'] is GREY
    assert list(list_inputs(GREY)) == ['array_0'] and list(list_inputs(folder / 'a.jpg')) == ['a']


def test_a_number_takes_no_other_name(tmp_path):
    for name in ('x/a.png', 'y/a.png', 'x/a_2.png'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    items = list_inputs([tmp_path / name for name in ('x/a.png', 'y/a.png', 'x/a_2.png')])
    assert list(items) == ['a', 'a_3', 'a_2']


@pytest.mark.parametrize('name', ['a.JFIF', 'a.gif', 'a.ppm', 'a.MP4', 'a.mts', 'a.wmv'])
def test_folders_are_searched_for_all_types_that_are_read(tmp_path, name):
    (tmp_path / name).touch()
    assert list(list_inputs(tmp_path).values()) == [tmp_path / name]


def test_skipped_files_are_named(folder, messages):
    for name in ('c.HEIC', 'd.heic', 'e', '.DS_Store'):
        (folder / name).touch()
    (folder / 'more.png').mkdir()
    (folder / 'gone.jpg').symlink_to(folder / 'nowhere')
    assert [path.name for path in list_inputs(folder).values()] == ['a.jpg', 'b.PNG']
    (text,) = messages
    for part in (
        f'{folder}: skipped',
        '1 x .HEIC', '1 x .heic', '1 x .txt', '1 x folder', '1 x no suffix', '1 x .jpg',
        'c.HEIC, d.heic, e, ...',
    ):  # fmt: skip
        assert part in text
    assert '.DS_Store' not in text and '.webp' in text


def test_there_is_no_warning_if_nothing_is_skipped(folder, messages):
    (folder / 'notes.txt').unlink()
    list_inputs([folder, folder / 'a.jpg'])
    assert not messages


def test_a_folder_of_other_files_names_them(tmp_path):
    (tmp_path / 'a.heic').touch()
    with pytest.raises(FileNotFoundError, match=r'no image or video .* but 1 x \.heic \(a\.heic\).*\.jpg'):
        list_inputs(tmp_path)


def test_an_image_of_another_type_has_a_remedy(tmp_path):
    (tmp_path / 'a.HEIC').write_bytes(b'\0\0\0\x18ftypheic')
    with pytest.raises(ValueError, match=r'a\.HEIC: cannot be read as an image.*convert it to PNG or JPEG'):
        list(read_images(list_inputs(tmp_path / 'a.HEIC')))


@pytest.mark.parametrize('name', ['image', 'image.txt'])
def test_an_image_is_read_whatever_its_name(tmp_path, name):
    Image.fromarray(GREY).save(tmp_path / name, 'PNG')
    (found,) = read_images(list_inputs(tmp_path / name))
    assert found.image.shape == (4, 6, 3)


def test_of_an_animation_the_first_frame_is_taken(tmp_path):
    first, *others = (Image.new('L', (6, 4), value) for value in (10, 200, 90))
    first.save(tmp_path / 'a.gif', save_all=True, append_images=others)
    (found,) = read_images(list_inputs(tmp_path))
    assert (found.image == 10).all()


@pytest.mark.parametrize(('name', 'message'), [('gone.png', 'no such file'), ('empty', 'no image or video')])
def test_missing_inputs(tmp_path, name, message):
    (tmp_path / 'empty').mkdir()
    with pytest.raises(FileNotFoundError, match=rf'{name}: {message}'):
        list_inputs(tmp_path / name)


def test_frames_of_a_video_are_images(folder):
    write_video(folder / 'c.mp4', 3)
    items = list_inputs(folder)
    assert count_images(items) == 5
    images = list(read_images(items))
    assert [(image.name, image.frame, image.fps, image.time) for image in images] == [
        ('a', None, None, None),
        ('b', None, None, None),
        *(('c', frame, 5, frame / 5) for frame in range(3)),
    ]
    assert images[-1].title == 'c.mp4, frame 2' and abs(images[-1].image.mean() - 80) < 4


def test_a_bad_input_is_refused_and_the_rest_read(folder):
    (folder / 'aa.png').write_bytes(b'bad')
    (folder / 'z.mp4').write_bytes(b'bad')
    items = list_inputs([folder, np.zeros((2, 2), np.float32)])
    faults = []
    assert [p.name for p in read_images(items, faults.append)] == ['a', 'b']
    for fault, name in zip(faults, ('aa.png', 'z.mp4', 'array_4'), strict=True):
        assert name in str(fault)
    with pytest.raises(ValueError, match='aa.png'):
        list(read_images(items))
    assert count_images(list_inputs(Path(folder))) == 3  # a video that cannot be read has no frames
