"""Preparing PASCAL-Context, from archives and from VOC 2010 with annotations."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.dataset_tools.preparation import PASCAL, PASCAL_TASKS, prepare_pascal_context
from mtcp_mm.datasets import PascalContextMultiTask
from mtcp_mm.tasks import DataError

REAL = Path(__file__).parents[4] / 'shared/pascal_mt'


def maps(counts: dict, split: str) -> dict[str, int]:
    return {name: task['maps'] for name, task in counts[split]['tasks'].items()}


def test_each_form_is_prepared_and_then_left_as_it_is(tmp_path, pascal_files, write_form):
    source, out = write_form(tmp_path / 'PASCAL_MT', pascal_files), tmp_path / 'out'
    prepared = prepare_pascal_context(source, out)
    counts = prepared.counts
    assert prepared.written
    everything = {'semseg', 'human_parts', 'saliency', 'normals', 'edge'}
    assert maps(counts, 'train') == dict.fromkeys(everything, 2) and maps(counts, 'val') == dict.fromkeys(everything, 1)
    # Nobody is in the validation image: its parts are void.
    assert counts['train']['tasks']['human_parts']['valid'] == 2 * 20 * 24
    assert counts['val']['tasks']['human_parts']['valid'] == 0
    assert not (out / 'ImageSets/Parts').exists()
    assert not [*out.rglob('*.mat')] and not (out / 'normals_distill').exists()
    sample = PascalContextMultiTask(out, 'train', [dict(task) for task in PASCAL_TASKS]).get_data_info(1)
    assert sample['sample_id'] == '2009_000003' and all(sample['map_paths'].values())
    assert prepare_pascal_context(source, out) == replace(prepared, written=False)


DAMAGED = {
    'JPEGImages/2008_000001.jpg': lambda content: content[:-100],
    'semseg/VOC12/2008_000002.png': lambda content: content[:50],
    'human_parts/2009_000003.mat': lambda content: content[: len(content) // 2],
    'pascal-context/trainval/2008_000001.mat': lambda content: b'',
    'sal_distill/2008_000002.png': lambda content: b'no image',
}


@pytest.mark.parametrize('name', DAMAGED)
def test_a_damaged_file_is_named_as_in_the_archive_and_nothing_is_left(tmp_path, pascal_files, write, name):
    pascal_files[f'PASCAL_MT/{name}'] = DAMAGED[name](pascal_files[f'PASCAL_MT/{name}'])
    source = write.tar(tmp_path / 'x.tgz', pascal_files)
    with pytest.raises(DataError, match=f'{source / name}: '):
        prepare_pascal_context(source, tmp_path / 'out')
    assert [path.name for path in tmp_path.iterdir()] == ['x.tgz']


def test_an_unpacked_archive_is_converted_in_place(tmp_path, pascal_files, write):
    root = write.folder(tmp_path, pascal_files) / 'PASCAL_MT'
    before = {path: path.read_bytes() for path in root.rglob('*') if path.is_file()}
    prepared = prepare_pascal_context(root, root)
    assert prepared.counts == prepare_pascal_context(root, tmp_path / 'out').counts
    assert prepare_pascal_context(root, root) == prepared
    files = {path for path in root.rglob('*') if path.is_file()}
    assert len(files) == len(before) + 9 and all(path.read_bytes() == before[path] for path in before)


@pytest.fixture
def voc(tmp_path, pascal_files, write) -> Path:
    """VOC 2010 with the class map of one image, the annotations of both data sets beside it."""
    renamed = {}
    for name, content in pascal_files.items():
        name = name.removeprefix('PASCAL_MT/')
        for old, new in {
            'JPEGImages': 'VOC2010/JPEGImages', 'ImageSets/Context': 'VOC2010/ImageSets/Main',
            'human_parts': 'Annotations_Part', 'pascal-context/trainval': 'trainval',
        }.items():  # fmt: skip
            if name.startswith(old):
                renamed[name.replace(old, new)] = content
    renamed['VOC2010/SegmentationClass/2008_000001.png'] = pascal_files['PASCAL_MT/semseg/VOC12/2008_000001.png']
    write.folder(tmp_path, renamed)
    return tmp_path / 'VOC2010'


def test_files_are_found_whatever_system_wrote_them(tmp_path, voc):
    """Suffixes in capitals, and a list of an editor on Windows."""
    for folder in ('VOC2010/JPEGImages', 'VOC2010/SegmentationClass', 'Annotations_Part', 'trainval'):
        for path in (tmp_path / folder).iterdir():
            path.rename(path.with_suffix(path.suffix.upper()))
    lists = voc / 'ImageSets/Main/train.txt'
    lists.write_bytes(b'\xef\xbb\xbf' + lists.read_bytes().replace(b'\n', b'\r\n'))
    prepared = prepare_pascal_context(voc, tmp_path / 'out', tmp_path / 'Annotations_Part', tmp_path / 'trainval')
    assert {split: counts['images'] for split, counts in prepared.counts.items()} == dict(train=2, val=1)
    maps = {name: counts['maps'] for name, counts in prepared.counts['train']['tasks'].items()}
    assert maps == dict(semseg=2, human_parts=2, edge=2)


def test_the_data_set_is_put_together_from_its_parts(tmp_path, voc, pascal_files):
    arguments = (voc, tmp_path / 'out', tmp_path / 'Annotations_Part', tmp_path / 'trainval')
    prepared = prepare_pascal_context(*arguments, workers=2)
    counts = prepared.counts
    assert prepared.written and maps(counts, 'train') == dict(semseg=2, human_parts=2, edge=2)
    assert prepared.notes == (
        'The class maps of 2 images come from the labels of PASCAL-Context.',
        'The class maps of 1 images come from SegmentationClass of VOC.',
    )
    out = tmp_path / 'out'
    assert (out / 'semseg/VOC12/2008_000001.png').read_bytes() == pascal_files['PASCAL_MT/semseg/VOC12/2008_000001.png']
    context = np.array(Image.open(out / 'semseg/pascal-context/2009_000003.png'))
    assert not context[:, :12].any() and (context[:, 12:] == 15).all()
    missing = [line.split()[0] for line in prepared.lines(PASCAL, PASCAL_TASKS) if 'no maps' in line]
    assert missing == ['saliency', 'normals'] * 2
    assert prepare_pascal_context(*arguments) == replace(prepared, written=False)


def test_without_label_maps_classes_come_from_the_objects(tmp_path, voc):
    counts = prepare_pascal_context(voc, tmp_path / 'out', tmp_path / 'Annotations_Part').counts
    assert maps(counts, 'val') == dict(semseg=1, human_parts=1)
    objects = np.array(Image.open(tmp_path / 'out/semseg/pascal-context/2009_000003.png'))
    assert objects[2, 4] == 15 and not objects[:, 12:].any()


def test_what_is_missing_is_named_and_nothing_is_left(tmp_path, voc):
    parts, out = tmp_path / 'Annotations_Part', tmp_path / 'out'
    before = sorted(tmp_path.iterdir())
    with pytest.raises(DataError, match='Main/train.txt: no such list'):
        prepare_pascal_context(tmp_path, out, parts)
    with pytest.raises(DataError, match='VOC2010: no .mat file in it'):
        prepare_pascal_context(voc, out, voc)
    with pytest.raises(DataError, match='train.txt is missing.*of one PASCAL-Context data set'):
        prepare_pascal_context(voc, out)
    with pytest.raises(DataError, match='--context goes with'):
        prepare_pascal_context(voc, out, context=parts)
    (voc / 'JPEGImages/2008_000002.jpg').unlink()
    with pytest.raises(DataError, match='2008_000002.jpg: no such file'):
        prepare_pascal_context(voc, out, parts)
    (voc / 'ImageSets/Main/val.txt').write_text('../../secret\n')
    with pytest.raises(DataError, match='val.txt: not a list of image IDs'):
        prepare_pascal_context(voc, out, parts)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(not REAL.is_dir(), reason='no real PASCAL images in ../shared/pascal_mt')
def test_real_images_and_annotations(tmp_path):
    voc = tmp_path / 'VOC2010'
    (voc / 'ImageSets').mkdir(parents=True)
    (voc / 'JPEGImages').symlink_to(REAL / 'JPEGImages')
    (voc / 'ImageSets/Main').symlink_to(REAL / 'ImageSets/Context')
    counts = prepare_pascal_context(voc, tmp_path / 'out', REAL / 'human_parts').counts
    assert (counts['train']['images'], counts['val']['images']) == (11, 11)
    assert maps(counts, 'train') == dict(semseg=11, human_parts=11)
    assert prepare_pascal_context(REAL, tmp_path / 'copy').counts == counts
