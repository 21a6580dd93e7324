import os
import unicodedata

import pytest

from mtcp_mm.datasets.id_files import files_by_id, find_file, read_ids, separate_ids, similar_file
from mtcp_mm.tasks import DataError
from mtcp_mm.utils import UserError

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, 'Küche') for form in ('NFC', 'NFD'))


@pytest.mark.parametrize(
    ('content', 'ids'),
    [
        (b'a\nb\n', ['a', 'b']),
        (b'a\r\nb\r\n', ['a', 'b']),
        (b'a\rb', ['a', 'b']),
        (b'\xef\xbb\xbfa\nb', ['a', 'b']),
        (b'a\n\xef\xbb\xbfb', ['a', 'b']),  # two lists, one after the other
        (b'\n  room 1 \t\n\n room 2\n', ['room 1', 'room 2']),
        (DECOMPOSED.encode(), [COMPOSED]),
    ],
)
def test_ids_are_read_one_per_line(tmp_path, content, ids):
    (tmp_path / 'train.txt').write_bytes(content)
    assert read_ids(tmp_path / 'train.txt') == ids


def test_several_ids_per_line_are_separated_if_all_have_files():
    known = {'a', 'b', 'room 1', 'room', '1'}
    assert separate_ids(['a b', 'room 1', 'a c'], known) == ['a', 'b', 'room 1', 'a c']


@pytest.mark.parametrize(
    ('content', 'reason'),
    [('a\nb'.encode('utf-16'), 'no text file in UTF-8'), (b'\xef\xbb\xbf \r\n\n', 'the split is empty')],
)
def test_an_invalid_list_is_an_error_that_names_it(tmp_path, content, reason):
    (tmp_path / 'train.txt').write_bytes(content)
    with pytest.raises(DataError, match=rf'train\.txt: {reason}'):
        read_ids(tmp_path / 'train.txt')


@pytest.mark.parametrize(
    ('make', 'what'),
    [
        (os.mkfifo, 'a named pipe'),
        (os.mkdir, 'a folder'),
        (lambda path: path.symlink_to('/dev/zero'), 'a device'),
        (lambda path: path.touch() or os.truncate(path, 5 << 30), 'it has 5368709120 bytes'),
    ],
    ids=['pipe', 'folder', 'device', 'holes'],
)
def test_an_endless_list_is_refused(tmp_path, make, what):
    make(tmp_path / 'train.txt')
    with pytest.raises(UserError, match=rf'train\.txt: .*{what}'):
        read_ids(find_file(tmp_path, 'train', ('.txt',)))


def test_suffixes_match_in_any_case_and_names_in_any_unicode_form(tmp_path):
    for name in ('a.JPG', 'b.Png', 'b.jpg', f'{DECOMPOSED}.png', 'c.d.png', 'no.txt'):
        (tmp_path / name).touch()
    found = {stem: path.removeprefix(f'{tmp_path}/') for stem, path in files_by_id(tmp_path, ('.jpg', '.png')).items()}
    assert found == {'a': 'a.JPG', 'b': 'b.jpg', COMPOSED: f'{DECOMPOSED}.png', 'c.d': 'c.d.png'}


@pytest.mark.parametrize('names', [('a.JPG', 'a.jpg'), ('a.jpg', 'a.JPG')])
def test_duplicate_ids_are_resolved_deterministically(tmp_path, names):
    for name in names:
        (tmp_path / name).touch()
    assert files_by_id(tmp_path, ('.jpg',))['a'] == str(find_file(tmp_path, 'a', ('.jpg',))) == f'{tmp_path}/a.jpg'


def test_suffixes_may_be_given_in_upper_case(tmp_path):
    for name in ('a.tif', 'a.png'):
        (tmp_path / name).touch()
    assert files_by_id(tmp_path, ('.TIF', '.png', '.tif')) == {'a': str(tmp_path / 'a.tif')}


def test_find_file_agrees_with_files_by_id(tmp_path):
    for name in ('a.MAT', f'{DECOMPOSED}.mat'):
        (tmp_path / name).touch()
    assert find_file(tmp_path, 'a', ('.mat',)) == tmp_path / 'a.MAT'
    assert find_file(tmp_path, COMPOSED, ('.mat',)) == tmp_path / f'{DECOMPOSED}.mat'
    assert find_file(tmp_path, 'b', ('.mat',)) is None and find_file(tmp_path / 'nowhere', 'a', ('.mat',)) is None


def test_similar_files_are_suggested(tmp_path):
    for name in ('.Room', 'room.tif', 'z.png'):
        (tmp_path / name).touch()
    assert similar_file(['x', 'Room'], tmp_path) == 'room.tif'
    assert similar_file(['x'], tmp_path) is None
