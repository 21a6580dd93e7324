"""Preparing NYUD-v2 from archives; from the raw file: test_nyud_frames.py."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.dataset_tools.preparation import NYUD, NYUD_TASKS, prepare_nyud
from mtcp_mm.datasets import NYUDMultiTask
from mtcp_mm.tasks import DataError


def test_each_form_is_prepared_and_then_left_as_it_is(tmp_path, nyud_files, write_form):
    source, out = write_form(tmp_path / 'NYUD_MT', nyud_files), tmp_path / 'out'
    prepared = prepare_nyud(source, out)
    counts = prepared.counts
    assert prepared.written and prepared.notes == ()
    assert {split: numbers['images'] for split, numbers in counts.items()} == dict(train=2, val=1)
    depths = [np.load(io.BytesIO(nyud_files[f'NYUD_MT/depth/{name}.npy'])) for name in ('0001', '0003')]
    low, high = float(np.min(depths)), float(np.max(depths))
    assert counts['train']['tasks']['depth'] == dict(maps=2, pixels=384, valid=384, low=low, high=high)
    assert set(counts['val']['tasks']) == {'semseg', 'depth', 'normals', 'edge'}
    sample = NYUDMultiTask(out, 'val', [dict(task) for task in NYUD_TASKS]).get_data_info(0)
    assert sample['sample_id'] == '0002' and all(sample['map_paths'].values())
    assert sorted(path.name for path in tmp_path.iterdir()) == ['NYUD_MT', 'out']
    before = {path: path.stat().st_mtime_ns for path in out.rglob('*')}
    assert prepare_nyud(source, out) == replace(prepared, written=False)
    assert {path: path.stat().st_mtime_ns for path in out.rglob('*')} == before


def test_void_is_counted(tmp_path, nyud_files, write):
    labels = np.array(Image.open(io.BytesIO(nyud_files['NYUD_MT/segmentation/0002.png'])))
    counts = prepare_nyud(write.tar(tmp_path / 'x.tgz', nyud_files), tmp_path / 'out').counts
    assert counts['val']['tasks']['semseg'] == dict(maps=1, pixels=192, valid=int((labels > 0).sum()))


def test_the_png_archive(tmp_path, nyud_files, write, encode):
    files = {}
    for name, content in nyud_files.items():
        name = name.replace('NYUD_MT', 'NYUDv2')
        if '/normals/' in name or '/edge/' in name:
            array = np.load(io.BytesIO(content))
            array = (array + 1) * 127.5 if array.ndim == 3 else array * 255
            files[name.replace('.npy', '.png')] = encode.image(array.astype(np.uint8))
        else:
            files[name] = content
    counts = prepare_nyud(write.tar(tmp_path / 'NYUDv2.tar.gz', files), tmp_path / 'out', workers=2).counts
    assert {name: task['maps'] for name, task in counts['train']['tasks'].items()} == dict.fromkeys(
        ('semseg', 'depth', 'normals', 'edge'), 2
    )


def test_edges_are_drawn_where_an_archive_has_none(tmp_path, nyud_files, write, encode):
    files = {name: content for name, content in nyud_files.items() if '/edge/' not in name}
    del files['NYUD_MT/segmentation/0002.png']
    labels = np.full((12, 16), 3, np.uint8)
    labels[:, 8:] = 7
    labels[:, 15] = 255
    files['NYUD_MT/segmentation/0002.PNG'] = encode.image(labels)
    prepared = prepare_nyud(write.tar(tmp_path / 'x.tgz', files), tmp_path / 'out')
    assert [prepared.counts[split]['tasks']['edge']['maps'] for split in ('train', 'val')] == [2, 1]
    assert prepared.notes == ('The edges were drawn where classes meet: the source has none.',)
    edges = np.array(Image.open(tmp_path / 'out/edge/0002.png'))
    assert set(np.nonzero(edges)[1]) <= {7, 8} and (edges[2:-2] == 255).sum() == 8


def test_an_image_may_lack_a_map_and_a_split_a_task(tmp_path, nyud_files, write):
    for name in ('depth/0001.npy', 'depth/0002.npy', 'normals/0003.npy'):
        del nyud_files[f'NYUD_MT/{name}']
    prepared = prepare_nyud(write.tar(tmp_path / 'x.tgz', nyud_files), tmp_path / 'out')
    counts = prepared.counts
    assert counts['train']['tasks']['depth']['maps'] == 1
    assert 'depth' not in counts['val']['tasks']
    lines = list(prepared.lines(NYUD, NYUD_TASKS))
    assert lines[:2] == ['NYUD: written and verified', 'train: 2 images (the whole data set has 795)']
    low, high = (counts['train']['tasks']['depth'][name] for name in ('low', 'high'))
    depth = [' '.join(line.split()) for line in lines if 'depth' in line]
    assert depth == [f'depth 1 maps, 0.0% void, {low:.3g} to {high:.3g}', 'depth no maps']


def pickled() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([dict(a=1)]), allow_pickle=True)
    return file.getvalue()


DAMAGED = {
    'images/0001.jpg': lambda content: content[:-100],
    'segmentation/0003.png': lambda content: content[:60],
    'depth/0001.npy': lambda content: pickled(),
    'normals/0002.npy': lambda content: content[:-1],
    'edge/0002.npy': lambda content: b'',
    'gt_sets/val.txt': lambda content: b'0002\n0009\n',
    'gt_sets/train.txt': lambda content: b'',
}


@pytest.mark.parametrize('name', DAMAGED)
def test_a_damaged_file_is_named_as_in_the_archive_and_nothing_is_left(tmp_path, nyud_files, write, name):
    nyud_files[f'NYUD_MT/{name}'] = DAMAGED[name](nyud_files[f'NYUD_MT/{name}'])
    source = write.tar(tmp_path / 'x.tgz', nyud_files)
    with pytest.raises(DataError) as caught:
        prepare_nyud(source, tmp_path / 'out')
    named = name.rpartition('/')[0] if name == 'gt_sets/val.txt' else name
    assert str(source / named.replace('gt_sets', 'images' if 'val' in name else 'gt_sets')) in str(caught.value)
    assert 'partial' not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ['x.tgz']


def test_a_hostile_archive_writes_nothing_anywhere(tmp_path, nyud_files, write):
    (tmp_path / 'deep').mkdir()
    nyud_files['NYUD_MT/images/../../../evil.jpg'] = nyud_files['NYUD_MT/images/0001.jpg']
    with pytest.raises(DataError, match='evil.jpg. leads outside'):
        prepare_nyud(write.tar(tmp_path / 'deep/x.tgz', nyud_files), tmp_path / 'deep/out')
    assert [path.name for path in tmp_path.rglob('*')] == ['deep', 'x.tgz']


@pytest.mark.parametrize('what', ['size', 'classes', 'label image'])
def test_a_map_that_does_not_fit_is_named(tmp_path, nyud_files, write, encode, what):
    nyud_files['NYUD_MT/segmentation/0003.png'] = dict(
        size=encode.image(np.ones((12, 15), np.uint8)),
        classes=encode.image(np.full((12, 16), 41, np.uint8)),
        **{'label image': encode.image(np.ones((12, 16, 3), np.uint8))},
    )[what]
    with pytest.raises(DataError, match='x.tgz/segmentation/0003.png'):
        prepare_nyud(write.tar(tmp_path / 'x.tgz', nyud_files), tmp_path / 'out')


def test_a_damaged_archive_leaves_nothing(tmp_path, nyud_files, write):
    content = write.tar(tmp_path / 'x.tgz', nyud_files).read_bytes()
    (tmp_path / 'x.tgz').write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match='x.tgz: the archive is damaged'):
        prepare_nyud(tmp_path / 'x.tgz', tmp_path / 'out')
    assert [path.name for path in tmp_path.iterdir()] == ['x.tgz']


def test_a_prepared_folder_that_changed_is_not_called_verified(tmp_path, nyud_files, write):
    source, out = write.tar(tmp_path / 'x.tgz', nyud_files), tmp_path / 'out'
    prepare_nyud(source, out)
    kept = (out / 'depth/0001.npy').read_bytes()
    (out / 'depth/0001.npy').unlink()
    with pytest.raises(DataError, match='out: its contents have changed'):
        prepare_nyud(source, out)
    (out / 'depth/0001.npy').write_bytes(kept[:-3])
    with pytest.raises(DataError, match='out/depth/0001.npy'):
        prepare_nyud(source, out)
    (out / 'depth/0001.npy').write_bytes(kept)
    assert not prepare_nyud(source, out).written


def test_another_source_is_not_mixed_in(tmp_path, nyud_files, write):
    out = tmp_path / 'out'
    prepare_nyud(write.tar(tmp_path / 'x.tgz', nyud_files), out)
    assert json.loads((out / 'preparation.json').read_text())['source']['name'] == 'x.tgz'
    with pytest.raises(FileExistsError, match='made of something else'):
        prepare_nyud(write.zip(tmp_path / 'y.zip', nyud_files), out)


def test_options_of_the_raw_file_are_refused_for_an_archive(tmp_path, nyud_files, write, splits_mat):
    with pytest.raises(DataError, match='leave --splits and --class-mapping out'):
        prepare_nyud(write.tar(tmp_path / 'x.tgz', nyud_files), tmp_path / 'out', splits=splits_mat)
