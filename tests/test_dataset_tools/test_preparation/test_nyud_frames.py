"""Preparing NYUD-v2 from the raw file."""

import multiprocessing
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.dataset_tools.preparation import prepare_nyud
from mtcp_mm.dataset_tools.preparation import raw_nyud as raw_nyud_module
from mtcp_mm.dataset_tools.preparation.nyud_frames import convert_frames
from mtcp_mm.tasks import DataError

pytest.importorskip('h5py')
REAL = Path(__file__).parents[4] / 'shared/nyud'
MAPS = dict(segmentation='png', depth='npy', normals='npy', edge='png')


def read_maps(root: Path, name: str) -> dict[str, np.ndarray]:
    paths = {folder: root / folder / f'{name}.{suffix}' for folder, suffix in MAPS.items()}
    return {
        folder: np.load(path) if path.suffix == '.npy' else np.array(Image.open(path)) for folder, path in paths.items()
    }


def test_frames_are_cropped_mapped_and_get_normals(tmp_path, raw_nyud, splits_mat, mapping_mat):
    source, out = raw_nyud(), tmp_path / 'out'
    prepared = prepare_nyud(source, out, splits_mat, mapping_mat)
    counts = prepared.counts
    assert prepared.written
    assert (out / 'gt_sets/train.txt').read_text() == '0001\n0003\n'
    assert (out / 'gt_sets/val.txt').read_text() == '0002\n'
    maps = read_maps(out, '0003')
    assert {name: array.shape[:2] for name, array in maps.items()} == dict.fromkeys(MAPS, (426, 560))
    assert Image.open(out / 'images/0003.jpg').size == (560, 426)
    image = np.array(Image.open(out / 'images/0003.jpg')).astype(int)
    assert abs(image[100, :, 0] - (45 + 100)).max() < 4
    # A floor that rises to a wall: classes, depth and normals by the formula, at the frame's own coordinates.
    below = (np.arange(45, 471) - 252.736166) / 519.469611
    depth = np.minimum(3, 0.8 / np.maximum(below, 1e-3))
    floor = depth < 3
    np.testing.assert_allclose(maps['depth'], np.repeat(depth[:, None], 560, 1), rtol=1e-6)
    assert maps['depth'].dtype == np.float32
    first = int(floor.argmax())
    assert not maps['segmentation'][first - 1 : first + 1].any()
    assert (maps['segmentation'][: first - 1] == 1).all() and (maps['segmentation'][first + 1 :] == 2).all()
    assert maps['normals'].dtype == np.float32
    np.testing.assert_allclose(
        maps['normals'][first + 20 :],
        np.broadcast_to([0, 1, 0], (405 - first + 1, 560, 3))[: 426 - first - 20],
        atol=0.003,
    )
    np.testing.assert_allclose(
        maps['normals'][: first - 20], np.broadcast_to([0, 0, 1], (first - 20, 560, 3)), atol=0.003
    )
    assert set(np.nonzero(maps['edge'])[0]) <= {first - 1, first} and (maps['edge'][:, 5:-5] == 255).sum() == 550
    assert counts['val']['tasks']['semseg'] == dict(maps=1, pixels=426 * 560, valid=424 * 560)
    assert prepare_nyud(source, out, splits_mat, mapping_mat) == replace(prepared, written=False)
    with pytest.raises(FileExistsError, match='made of something else'):
        prepare_nyud(source, out, splits_mat, mapping_mat, crop=False)


def test_whole_frames_of_classes_that_need_no_mapping(tmp_path, raw_nyud, mat_file):
    splits = mat_file('splits.mat', trainNdxs=[2], testNdxs=[1])
    prepare_nyud(raw_nyud(frames=2, filled=2, most=40), tmp_path / 'out', splits, crop=False)
    maps = read_maps(tmp_path / 'out', '0001')
    assert {name: array.shape[:2] for name, array in maps.items()} == dict.fromkeys(MAPS, (480, 640))
    assert set(np.unique(maps['segmentation'])) == {0, 1, 40}


def test_what_is_missing_or_does_not_fit_is_named_and_nothing_is_left(
    tmp_path, raw_nyud, splits_mat, mapping_mat, mat_file
):
    source, out = raw_nyud(frames=2, filled=2), tmp_path / 'out'
    for arguments, reason in [
        ((), 'nyu_depth_v2_labeled.mat: .*splits.mat by --splits'),
        ((splits_mat, mapping_mat), 'splits.mat: numbers of frames from 1 to 3'),
        ((mat_file('two.mat', trainNdxs=[1], testNdxs=[2]),), 'nyu_depth_v2_labeled.mat: .*--class-mapping'),
        ((mat_file('two.mat', trainNdxs=[1], testNdxs=[2]), splits_mat), 'splits.mat: .*mapClass'),
    ]:
        with pytest.raises(DataError, match=reason):
            prepare_nyud(source, out, *arguments)
    source.write_bytes(source.read_bytes()[:5000])
    with pytest.raises(DataError, match='nyu_depth_v2_labeled.mat: damaged'):
        prepare_nyud(source, out, splits_mat, mapping_mat)
    assert all(path.suffix == '.mat' for path in tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason='no real splits.mat and classMapping40.mat in ../shared/nyud/meta')
def test_the_official_split_and_mapping(tmp_path, raw_nyud, monkeypatch):
    """With all 1449 frames, which are tiny and of one class each: frame n has label n, up to 894."""
    shape, numbers, out = (16, 12), np.arange(1, 1450), tmp_path / 'out'
    variables = {name: (kind, (*old[:-2], *shape)) for name, (kind, old) in raw_nyud_module.VARIABLES.items()}
    monkeypatch.setattr(raw_nyud_module, 'VARIABLES', variables)
    labels = np.broadcast_to(np.minimum(numbers, 894)[:, None, None], (1449, *shape)).astype(np.uint16)
    images, depths = np.zeros((1, 3, *shape), np.uint8), np.zeros((1, *shape), np.float32)
    source = raw_nyud(1449, labels=labels, images=images, depths=depths)
    out.mkdir()
    convert_frames(out, source, REAL / 'meta/splits.mat', REAL / 'meta/classMapping40.mat', crop=False, workers=2)
    for split in ('train', 'val'):
        assert (out / f'gt_sets/{split}.txt').read_text() == (REAL / f'half/gt_sets/{split}.txt').read_text()
    assert {len(list((out / folder).iterdir())) for folder in ('images', *MAPS)} == {1449}
    # Book, bottle, cabinet, ceiling, chair and torah; of these, 40 is other prop.
    written = [
        np.unique(np.array(Image.open(out / f'segmentation/{n:04d}.png'))).tolist() for n in (1, 2, 3, 4, 5, 894)
    ]
    assert written == [[40], [40], [3], [22], [5], [40]]


@pytest.mark.slow
def test_a_killed_run_leaves_nothing_that_looks_complete(tmp_path, raw_nyud, mat_file):
    numbers = np.arange(1, 41)
    splits = mat_file('splits.mat', trainNdxs=numbers[:20], testNdxs=numbers[20:])
    source, out = raw_nyud(frames=40, filled=1, most=40), tmp_path / 'out'
    process = multiprocessing.get_context('fork').Process(
        target=prepare_nyud, args=(source, out, splits), kwargs=dict(workers=2)
    )
    process.start()
    while not list(tmp_path.glob('.out.*.partial/edge/*')):
        assert process.is_alive()
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert not out.exists()
    (partial,) = tmp_path.glob('.out.*')
    time.sleep(2)  # Its workers end with it.
    written = len(list(partial.rglob('*')))
    time.sleep(1)
    assert len(list(partial.rglob('*'))) == written < 40 * 5
    few = mat_file('few.mat', trainNdxs=[1], testNdxs=[2])
    prepared = prepare_nyud(source, out, few)
    counts = prepared.counts
    assert prepared.written and counts['train']['images'] == 1
