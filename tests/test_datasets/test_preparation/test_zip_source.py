import pytest

from mtcp_mm.datasets.preparation.zip_source import ZipSource
from mtcp_mm.tasks import DataError

PLENTY = 1 << 40
FILES = {f'images/{i}.jpg': bytes([i + 1]) * 700 for i in range(4)}


def read_all(path) -> dict[str, bytes]:
    source = ZipSource(path)
    return dict(source.contents(source.members(PLENTY)))


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


def test_a_flipped_bit_anywhere_is_named_or_read(tmp_path, write):
    content = write.zip(tmp_path / 'x.zip', {'a/b.txt': b'one', 'c.txt': b'two'}).read_bytes()
    for place in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[place // 8] ^= 1 << place % 8
        (tmp_path / 'x.zip').write_bytes(damaged)
        try:
            read_all(tmp_path / 'x.zip')
        except DataError as error:
            assert 'x.zip' in str(error)
