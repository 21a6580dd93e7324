import multiprocessing
import os
import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mtcp_mm.datasets.map_cache import CachedReader

SHAPE = (20, 30)


def make(path) -> np.ndarray:
    """The slow reader: a map that the file's text seeds."""
    return np.random.default_rng(int(Path(path).read_text())).integers(0, 7, SHAPE, np.uint8)


class Counting:
    """Counts how often the maps are made."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, path) -> np.ndarray:
        self.calls += 1
        return make(path)


@pytest.fixture
def source(tmp_path):
    path = tmp_path / 'parts/0001.mat'
    path.parent.mkdir()
    path.write_text('1')
    return path


@pytest.fixture
def reader(tmp_path):
    return CachedReader(Counting(), str(tmp_path / 'kept'), 'parts 1')


def test_makes_a_map_once(source, reader, tmp_path):
    for _ in range(3):
        np.testing.assert_array_equal(reader(source), make(source))
    assert reader.read.calls == 1
    assert os.listdir(tmp_path / 'kept') == ['0001.png']
    with Image.open(tmp_path / 'kept/0001.png') as image:
        np.testing.assert_array_equal(image, make(source))


def test_makes_it_anew_when_the_source_changes(source, reader):
    reader(source)
    source.write_text('22')
    np.testing.assert_array_equal(reader(source), make(source))
    before = os.stat(source)
    source.write_text('33')
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    np.testing.assert_array_equal(reader(source), make(source))
    assert reader.read.calls == 3


def test_another_recipe_makes_it_anew(source, reader):
    reader(source)
    other = CachedReader(Counting(), reader.folder, 'parts 2')
    other(source)
    other(source)
    assert other.read.calls == 1


def wrong_pixels(kept: Path) -> None:
    """Puts other pixels under the right source and checksum."""
    with Image.open(kept) as image:
        values, texts = np.array(image), PngInfo()
        for key, text in image.info.items():
            texts.add_text(key, text)
    Image.fromarray(1 - values).save(kept, pnginfo=texts)


@pytest.mark.parametrize(
    'damage',
    [
        lambda kept: kept.write_bytes(b''),
        lambda kept: kept.write_bytes(b'no image at all'),
        lambda kept: kept.write_bytes(kept.read_bytes()[:-40]),
        lambda kept: Image.new('L', SHAPE[::-1]).save(kept),
        wrong_pixels,
    ],
    ids=['empty', 'garbage', 'cut', 'without source', 'wrong pixels'],
)
def test_replaces_what_is_damaged(source, reader, damage):
    reader(source)
    damage(Path(reader.folder, '0001.png'))
    for _ in range(2):
        np.testing.assert_array_equal(reader(source), make(source))
    assert reader.read.calls == 2


def test_a_write_that_breaks_off_leaves_what_was_there(source, reader, full_disk):
    first = reader(source)
    before = os.stat(source)
    source.write_text('2')

    with full_disk(20), pytest.warns(UserWarning, match='File too large'):
        np.testing.assert_array_equal(reader(source), make(source))
    assert os.listdir(reader.folder) == ['0001.png']
    source.write_text('1')
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    np.testing.assert_array_equal(reader(source), first)
    assert reader.read.calls == 2


def test_where_nothing_can_be_written_it_warns_and_reads(source, tmp_path):
    (tmp_path / 'kept').write_text('a file in place of the folder')
    reader = CachedReader(Counting(), str(tmp_path / 'kept'), 'parts 1')
    for _ in range(2):
        with pytest.warns(UserWarning, match=r'kept: nothing can be kept there .* cache_root'):
            np.testing.assert_array_equal(reader(source), make(source))


def test_errors_are_those_of_the_reader(source, reader):
    source.unlink()
    with pytest.raises(FileNotFoundError):
        reader(source)
    source.write_text('not a number')
    with pytest.raises(ValueError, match='not a number'):
        reader(source)
    assert not Path(reader.folder).exists()


def test_travels_to_other_processes(source, tmp_path):
    reader = pickle.loads(pickle.dumps(CachedReader(make, str(tmp_path / 'kept'), 'parts 1')))
    np.testing.assert_array_equal(reader(source), make(source))


def work(reader: CachedReader, sources: list[Path], seed: int, start) -> None:
    """Reads in another order than the others, and now and then spoils or removes what is kept."""
    warnings.simplefilter('error')  # a write that fails is only warned of
    rng = np.random.default_rng(seed)
    start.wait()
    for _ in range(100):
        source = sources[rng.integers(len(sources))]
        np.testing.assert_array_equal(reader(source), make(source))
        kept = Path(reader.folder, f'{source.stem}.png')
        if rng.random() < 0.1:
            kept.unlink(missing_ok=True)
        elif rng.random() < 0.1:
            kept.write_bytes(b'spoiled')


def test_several_processes_share_it(source, tmp_path):
    sources = [source.with_name(f'{i}.mat') for i in range(3)]
    for i, path in enumerate(sources):
        path.write_text(str(i))
    reader = CachedReader(make, str(tmp_path / 'kept'), 'parts 1')
    context = multiprocessing.get_context('fork')
    start = context.Barrier(4)
    workers = [context.Process(target=work, args=(reader, sources, seed, start)) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    for path in sources:
        np.testing.assert_array_equal(reader(path), make(path))
    assert sorted(os.listdir(reader.folder)) == ['0.png', '1.png', '2.png']


def test_a_named_pipe_in_its_folder_is_replaced(source, reader):
    os.makedirs(reader.folder)
    os.mkfifo(Path(reader.folder, '0001.png'))
    for _ in range(2):
        np.testing.assert_array_equal(reader(source), make(source))
    assert reader.read.calls == 1
