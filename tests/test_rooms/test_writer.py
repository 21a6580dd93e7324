import json
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.rooms import LAYOUTS, RoomsParameters, render_room, write_rooms
from mtcp_mm.utils import UnwritableError

SMALL = RoomsParameters(train=3, val=2, height=24, width=32, seed=9)


def _contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob('*')) if path.is_file()}


@pytest.fixture(scope='module')
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp('rooms') / 'one'
    assert write_rooms(root, SMALL, workers=1)
    return root


@pytest.mark.parametrize('layout', LAYOUTS)
def test_neither_workers_nor_time_change_a_byte(tmp_path, monkeypatch, layout):
    parameters = replace(SMALL, layout=layout)
    assert write_rooms(tmp_path / 'one', parameters, workers=2)
    # SciPy would write the time into .mat files.
    monkeypatch.setattr(time, 'asctime', lambda: 'Thu Jan  1 00:00:00 1970')
    assert write_rooms(tmp_path / 'two', parameters, workers=1)
    assert _contents(tmp_path / 'two') == _contents(tmp_path / 'one')


def test_layout(written):
    assert len(_contents(written)) == 5 * 5 + 3
    assert (written / 'gt_sets/val.txt').read_text() == 'val_00000\nval_00001\n'
    sample = render_room(9, 'val', 1, 24, 32)
    segmentation = np.asarray(Image.open(written / 'segmentation/val_00001.png'))
    assert segmentation.dtype == np.uint8
    np.testing.assert_array_equal(segmentation, sample.segmentation)
    edges = np.asarray(Image.open(written / 'edge/val_00001.png'))
    np.testing.assert_array_equal(edges, np.where(sample.edges == 1, 255, 0))
    for name in ('depth', 'normals'):
        stored = np.load(written / name / 'val_00001.npy', allow_pickle=False)
        assert stored.dtype == np.float32
        np.testing.assert_array_equal(stored, getattr(sample, name))
    image = np.asarray(Image.open(written / 'images/val_00001.jpg')).astype(int)
    assert np.abs(image - sample.image).mean() < 8


def test_a_second_run_changes_nothing(written):
    before = _contents(written)
    assert not write_rooms(written, SMALL)
    assert _contents(written) == before


def test_other_parameters_are_refused(written):
    for other in (replace(SMALL, train=4), replace(SMALL, layout='pascal')):
        with pytest.raises(FileExistsError, match='other parameters'):
            write_rooms(written, other)


def test_a_folder_of_an_earlier_release_is_recognised(tmp_path):
    record = {'train': 3, 'val': 2, 'height': 24, 'width': 32, 'seed': 9, 'version': 1}
    (tmp_path / 'rooms.json').write_text(json.dumps(record))
    with pytest.raises(FileExistsError, match='had no edges.*Delete'):
        write_rooms(tmp_path, SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ['rooms.json']


@pytest.mark.parametrize('name', ['notes.txt', 'rooms.json'])
def test_a_foreign_folder_is_refused(tmp_path, name):
    (tmp_path / name).write_text('mine')
    with pytest.raises(FileExistsError, match=str(tmp_path)):
        write_rooms(tmp_path, SMALL)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_named_pipe_as_record_is_refused(tmp_path):
    os.mkfifo(tmp_path / 'rooms.json')
    with pytest.raises(FileExistsError, match='in the way'):
        write_rooms(tmp_path, SMALL)


@pytest.mark.parametrize('workers', [1, 2])
@pytest.mark.parametrize('layout', LAYOUTS)
def test_on_a_full_disk_nothing_is_left(tmp_path, full_disk, layout, workers):
    with full_disk(1000), pytest.raises(UnwritableError, match=r'/out cannot be written \(File too large\)'):
        write_rooms(tmp_path / 'out', replace(SMALL, layout=layout), workers)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('wrong', [dict(train=0), dict(val=0), dict(height=8), dict(seed=-1), dict(layout='coco')])
def test_parameters_out_of_range_are_named(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RoomsParameters(**{**vars(SMALL), **wrong})
