import tracemalloc

import pytest

from mtcp_mm.dataset_tools.preparation import zip_archive
from mtcp_mm.dataset_tools.preparation.intake import Intake
from mtcp_mm.dataset_tools.preparation.zip_archive import zip_contents
from mtcp_mm.tasks import DataError

PLENTY = 1 << 40
FILES = {f'images/{i}.jpg': bytes([i + 1]) * 700 for i in range(4)}


def read_all(path) -> dict[str, bytes]:
    return dict(zip_contents(Intake(path, lambda name: True, PLENTY)))


def test_wherever_it_is_cut_it_is_incomplete(tmp_path, write):
    path = write.zip(tmp_path / 'whole.zip', FILES)
    assert read_all(path) == FILES
    content = path.read_bytes()
    for cut in range(0, len(content), 41):
        (tmp_path / 'cut.zip').write_bytes(content[:cut])
        with pytest.raises(DataError, match='cut.zip: the archive is damaged or incomplete'):
            read_all(tmp_path / 'cut.zip')


def test_a_file_longer_than_its_entry_says_is_found(tmp_path, write):
    content = bytearray(write.zip(tmp_path / 'x.zip', {'a': bytes(1 << 20)}).read_bytes())
    size = content.index(b'PK\x01\x02') + 24
    content[size : size + 4] = (1000).to_bytes(4, 'little')
    (tmp_path / 'x.zip').write_bytes(content)
    with pytest.raises(DataError, match='CRC'):
        read_all(tmp_path / 'x.zip')


def lie(path, places: dict[int, int]) -> None:
    """Changes numbers in an archive's directory."""
    content = bytearray(path.read_bytes())
    start = content.index(b'PK\x01\x02')
    for place, value in places.items():
        content[start + place : start + place + 4] = value.to_bytes(4, 'little')
    path.write_bytes(content)


def test_a_file_far_longer_than_its_entry_says_does_not_fill_the_memory(tmp_path, write):
    path = write.zip(tmp_path / 'x.zip', {'a': bytes(100 << 20)})
    lie(path, {20: 4000, 24: 1000})
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r'x\.zip: .*CRC'):
            read_all(path)
        assert tracemalloc.get_traced_memory()[1] < 10e6
    finally:
        tracemalloc.stop()


def test_a_file_shorter_than_its_entry_says_is_found(tmp_path, write):
    path = write.zip(tmp_path / 'x.zip', {'a': b'1' * 1000})
    lie(path, {24: 1001})
    with pytest.raises(DataError, match="'a' has not the 1001 bytes"):
        read_all(path)


def test_far_more_packed_bytes_than_unpacked_ones_are_refused(tmp_path, write):
    path = write.zip(tmp_path / 'x.zip', {'a': b'1', 'b': bytes(5000)})
    lie(path, {20: 4099})
    with pytest.raises(DataError, match="'a' is packed in 4099 bytes and unpacked 1"):
        read_all(path)


def test_a_flipped_bit_anywhere_is_named_or_read(tmp_path, write, monkeypatch):
    monkeypatch.setattr(zip_archive, 'track', lambda jobs, title: jobs)  # a bar each time takes most of the time
    content = write.zip(tmp_path / 'x.zip', {'a/b.txt': b'one', 'c.txt': b'two'}).read_bytes()
    for place in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[place // 8] ^= 1 << place % 8
        (tmp_path / 'x.zip').write_bytes(damaged)
        try:
            read_all(tmp_path / 'x.zip')
        except DataError as error:
            assert 'x.zip' in str(error)
