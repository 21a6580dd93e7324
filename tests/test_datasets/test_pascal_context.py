import os
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.datasets import PascalContextMultiTask
from mtcp_mm.tasks import DataError

IDS = ('2008_000001', '2008_000002', '2008_000003')
TASKS = [
    dict(type='ClassMap', name='semseg', field='sem_seg', classes='pascal21'),
    dict(type='ClassMap', name='human_parts', classes='pascal_parts'),
    dict(type='BinaryMap', name='saliency'),
    dict(type='SurfaceNormals', name='normals'),
    dict(type='BinaryMap', name='edge', metrics=[]),
]
PIPELINE = [dict(type='LoadImage'), dict(type='LoadTaskMaps'), dict(type='PackMultiTaskInputs')]
SHAPE = (12, 16)
HEAD, TORSO = 1, 2


@pytest.fixture
def pascal(tmp_path):
    """Three images of 12x16 in the converted layout; the third is the validation split."""
    rng = np.random.default_rng(0)
    root = tmp_path / 'pascal'
    for folder in (
        'JPEGImages', 'semseg/VOC12', 'semseg/pascal-context', 'human_parts', 'sal_distill', 'normals', 'edge',
        'ImageSets/Context',
    ):  # fmt: skip
        (root / folder).mkdir(parents=True)
    for name in IDS:
        Image.fromarray(rng.integers(0, 256, (*SHAPE, 3), np.uint8)).save(root / f'JPEGImages/{name}.jpg')
        Image.fromarray(rng.choice(np.uint8([0, 1, 6, 255]), SHAPE)).save(root / f'human_parts/{name}.png')
        Image.fromarray(rng.integers(0, 256, SHAPE, np.uint8)).save(root / f'sal_distill/{name}.png')
        normals = rng.integers(0, 100, (*SHAPE, 3), np.uint8)
        normals[:, 3:] = 127
        Image.fromarray(normals).save(root / f'normals/{name}.png')
        Image.fromarray(rng.choice(np.uint8([0, 255]), SHAPE)).save(root / f'edge/{name}.png')
    for folder, names in (('VOC12', IDS[:1]), ('pascal-context', IDS)):
        for name in names:
            classes = rng.integers(0, 21, SHAPE, np.uint8)
            classes[0] = 255
            Image.fromarray(classes).save(root / f'semseg/{folder}/{name}.png')
    (root / 'ImageSets/Context/train.txt').write_text(f'{IDS[0]}\n{IDS[1]}\n')
    (root / 'ImageSets/Context/val.txt').write_text(f'{IDS[2]}\n')
    return root


def read_png(path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def test_lists_each_images_files(pascal):
    dataset = PascalContextMultiTask(pascal, 'train', TASKS)
    assert [dataset.get_data_info(i)['sample_id'] for i in range(len(dataset))] == list(IDS[:2])
    paths = dataset.get_data_info(0)['map_paths']
    assert paths == {
        'semseg': str(pascal / f'semseg/VOC12/{IDS[0]}.png'),
        'human_parts': str(pascal / f'human_parts/{IDS[0]}.png'),
        'saliency': str(pascal / f'sal_distill/{IDS[0]}.png'),
        'normals': str(pascal / f'normals/{IDS[0]}.png'),
        'edge': str(pascal / f'edge/{IDS[0]}.png'),
    }
    semseg = dataset.get_data_info(1)['map_paths']['semseg']
    assert semseg == str(pascal / f'semseg/pascal-context/{IDS[1]}.png')


@pytest.mark.parametrize('i', [0, 1])
def test_values_are_those_of_the_files(pascal, i):
    name, known = IDS[i], np.arange(16) < 3
    sample = PascalContextMultiTask(pascal, 'train', TASKS, pipeline=PIPELINE)[i]['data_samples']
    for field, folder in dict(sem_seg=('semseg/VOC12', 'semseg/pascal-context')[i], human_parts='human_parts').items():
        np.testing.assert_array_equal(sample.target(field)[0], read_png(pascal / f'{folder}/{name}.png'))
    grey = read_png(pascal / f'sal_distill/{name}.png')
    np.testing.assert_array_equal(sample.target('saliency')[0], grey / 255 > 0.5)
    vectors = read_png(pascal / f'normals/{name}.png') * (2 / 255) - 1
    vectors *= known[:, None] / np.linalg.norm(vectors, axis=-1, keepdims=True)
    np.testing.assert_allclose(sample.target('normals'), vectors.transpose(2, 0, 1), atol=1e-6)
    np.testing.assert_array_equal(sample.target('edge')[0], read_png(pascal / f'edge/{name}.png') == 255)


def test_suffixes_match_in_any_case(pascal):
    dataset = PascalContextMultiTask(pascal, 'train', TASKS, pipeline=PIPELINE)
    before = [sample['data_samples'] for sample in dataset]
    for path in [*pascal.rglob('*.png'), *pascal.rglob('*.jpg')]:
        path.rename(path.with_suffix(path.suffix.upper()))
    dataset = PascalContextMultiTask(pascal, 'train', TASKS, pipeline=PIPELINE)
    for i, sample in enumerate(before):
        for field in ('sem_seg', 'human_parts', 'saliency', 'normals', 'edge'):
            np.testing.assert_array_equal(dataset[i]['data_samples'].target(field), sample.target(field))


@pytest.mark.parametrize(
    ('task', 'map_', 'source'),
    [
        ('human_parts', 'human_parts/{}.png', 'human_parts/{}.MAT'),
        ('normals', 'normals/{}.png', 'normals_distill/{}.png'),
        ('edge', 'edge/{}.png', 'pascal-context/trainval/{}.mat'),
    ],
)
def test_unconverted_files_are_an_error_with_the_command(pascal, task, map_, source):
    tasks = [entry for entry in TASKS if entry['name'] == task]
    for name in IDS:  # beside a map, or of no image of the split, a file does no harm
        raw = pascal / source.format(name)
        raw.parent.mkdir(parents=True, exist_ok=True)
        raw.write_bytes(b'')
    (pascal / map_.format(IDS[2])).unlink()
    assert len(PascalContextMultiTask(pascal, 'train', tasks)) == 2
    (pascal / map_.format(IDS[1])).unlink()
    command = f'python tools/dataset_converters/pascal_context.py {pascal} {pascal} '
    with pytest.raises(DataError, match=rf'{source.format(IDS[1])}: this map .*"{task}".*{command}'):
        PascalContextMultiTask(pascal, 'train', tasks)
    mine = dict(folders={task: map_.split('/')[0]})
    if task != 'human_parts':  # another folder than that of the source is taken at the user's word
        assert PascalContextMultiTask(pascal, 'train', tasks, **mine).get_data_info(1)['map_paths'][task] is None


def test_more_than_half_is_salient(pascal):
    values = np.full(SHAPE, 127, np.uint8)
    values[:, 5:] = 128
    Image.fromarray(values).save(pascal / f'sal_distill/{IDS[2]}.png')
    dataset = PascalContextMultiTask(pascal, 'val', TASKS, pipeline=PIPELINE)
    np.testing.assert_array_equal(dataset[0]['data_samples'].target('saliency')[0], values == 128)


def test_a_map_of_ones_has_no_salient_pixels(pascal):
    Image.new('L', SHAPE[::-1], 1).save(pascal / f'sal_distill/{IDS[2]}.png')
    dataset = PascalContextMultiTask(pascal, 'val', TASKS, pipeline=PIPELINE)
    assert not dataset[0]['data_samples'].target('saliency').any()
    for yes_value in (1, 255):
        tasks = [dict(task, yes_value=yes_value) if task['name'] == 'saliency' else task for task in TASKS]
        declared = PascalContextMultiTask(pascal, 'val', tasks, pipeline=PIPELINE)
        assert declared[0]['data_samples'].target('saliency').all() == (yes_value == 1)
    Image.new('I;16', SHAPE[::-1], 300).save(pascal / f'sal_distill/{IDS[2]}.png')
    with pytest.raises(DataError, match=rf'{IDS[2]}\.png: saliency of type uint16'):
        dataset[0]


def test_one_of_the_semseg_folders_is_enough(pascal):
    shutil.rmtree(pascal / 'semseg/pascal-context')
    dataset = PascalContextMultiTask(pascal, 'train', TASKS[:2])
    assert [dataset.get_data_info(i)['map_paths']['semseg'] is None for i in range(2)] == [False, True]
    shutil.rmtree(pascal / 'semseg/VOC12')
    with pytest.raises(
        FileNotFoundError, match=r'VOC12 or .*pascal-context: no such folder, where the maps of task "se'
    ):
        PascalContextMultiTask(pascal, 'train', TASKS)


def test_maps_of_another_size_and_damaged_files_are_errors(pascal):
    path = pascal / f'human_parts/{IDS[0]}.png'
    Image.new('L', (16, 13)).save(path)
    dataset = PascalContextMultiTask(pascal, 'train', TASKS, pipeline=PIPELINE)
    with pytest.raises(DataError, match=rf'{IDS[0]}\.png: the map of task "human_parts" has 13x16'):
        dataset[0]
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DataError, match=rf'{IDS[0]}\.png: '):
        dataset[0]


def test_a_missing_data_set_is_an_error_with_layout_and_source(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        PascalContextMultiTask(tmp_path / 'nowhere', 'train', TASKS)
    for part in (
        str(tmp_path / 'nowhere'), 'JPEGImages/ID', 'semseg/VOC12/ID', 'human_parts/ID', 'ImageSets/Context/train.txt',
        'PASCAL_MT', 'dataset_converters/pascal_context.py', 'make_rooms.py --layout pascal',
    ):  # fmt: skip
        assert part in str(error.value)


def test_folders_are_listed_once(pascal, monkeypatch):
    listed, asked = Counter(), Counter()
    listing, status = os.listdir, Path.stat
    monkeypatch.setattr(os, 'listdir', lambda path: listed.update([Path(path).name]) or listing(path))
    monkeypatch.setattr(Path, 'stat', lambda path, **kwargs: asked.update([path.suffix]) or status(path, **kwargs))
    PascalContextMultiTask(pascal, 'train', TASKS)
    assert listed['JPEGImages'] == listed['human_parts'] == listed['VOC12'] == 1
    assert max(listed.values()) <= 2
    assert not asked.keys() & {'.jpg', '.mat', '.png'}
