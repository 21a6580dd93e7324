import os
import pickle
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from PIL import Image

from mtcp_mm.datasets import PascalContextMultiTask
from mtcp_mm.datasets.pascal_boundaries import boundaries
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
WALL, SKY = 440, 360
HEAD, TORSO = 1, 2


def save_parts(path, person: bool, shape: tuple[int, int] = SHAPE) -> None:
    """A person with a head above a torso, or a boat."""
    halves = np.zeros((2, *shape), np.uint8)
    halves[0, :5, 2:9], halves[1, 5:, 2:9] = 1, 1
    parts = np.empty((1, 2), [('part_name', object), ('mask', object)])
    parts[0, 0], parts[0, 1] = ('head', halves[0]), ('torso', halves[1])
    objects = np.empty((1, 1), [(name, object) for name in ('class', 'class_ind', 'mask', 'parts')])
    objects[0, 0] = ('person', 15, halves.sum(0), parts) if person else ('boat', 4, halves[0], parts[:, :0])
    scipy.io.savemat(path, dict(anno=dict(imname=path.stem, objects=objects)), do_compression=True)


@pytest.fixture
def pascal(tmp_path):
    """Three images of 12x16 in PASCAL_MT's layout; the third is the validation split, the second shows no person."""
    rng = np.random.default_rng(0)
    root = tmp_path / 'pascal'
    for folder in (
        'JPEGImages', 'semseg/VOC12', 'semseg/pascal-context', 'human_parts', 'sal_distill', 'normals_distill',
        'pascal-context/trainval', 'ImageSets/Context',
    ):  # fmt: skip
        (root / folder).mkdir(parents=True)
    for i, name in enumerate(IDS):
        Image.fromarray(rng.integers(0, 256, (*SHAPE, 3), np.uint8)).save(root / f'JPEGImages/{name}.jpg')
        save_parts(root / f'human_parts/{name}.mat', person=i != 1)
        Image.fromarray(rng.integers(0, 256, SHAPE, np.uint8)).save(root / f'sal_distill/{name}.png')
        Image.fromarray(rng.integers(0, 100, (*SHAPE, 3), np.uint8)).save(root / f'normals_distill/{name}.png')
        labels = np.full(SHAPE, WALL, np.uint16)
        labels[:, 3 + i :] = SKY
        scipy.io.savemat(root / f'pascal-context/trainval/{name}.mat', dict(LabelMap=labels), do_compression=True)
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
        'human_parts': str(pascal / f'human_parts/{IDS[0]}.mat'),
        'saliency': str(pascal / f'sal_distill/{IDS[0]}.png'),
        'normals': str(pascal / f'normals_distill/{IDS[0]}.png'),
        'edge': str(pascal / f'pascal-context/trainval/{IDS[0]}.mat'),
    }
    semseg = dataset.get_data_info(1)['map_paths']['semseg']
    assert semseg == str(pascal / f'semseg/pascal-context/{IDS[1]}.png')


@pytest.mark.parametrize('i', [0, 1])
def test_values_are_those_of_the_files(pascal, i):
    name, wall = IDS[i], np.arange(16) < 3 + i
    dataset = PascalContextMultiTask(pascal, 'train', TASKS, pipeline=PIPELINE)
    for sample in (dataset[i]['data_samples'], dataset[i]['data_samples']):  # the second one from what is kept
        classes = read_png(pascal / f'semseg/{("VOC12", "pascal-context")[i]}/{name}.png')
        np.testing.assert_array_equal(sample.target('sem_seg')[0], classes)
        grey = read_png(pascal / f'sal_distill/{name}.png')
        np.testing.assert_array_equal(sample.target('saliency')[0], grey / 255 > 0.5)
        vectors = read_png(pascal / f'normals_distill/{name}.png') * (2 / 255) - 1
        vectors *= wall[:, None] / np.linalg.norm(vectors, axis=-1, keepdims=True)
        np.testing.assert_allclose(sample.target('normals'), vectors.transpose(2, 0, 1), atol=1e-6)
        edges = boundaries(np.where(wall, WALL, SKY) * np.ones(SHAPE))
        np.testing.assert_array_equal(sample.target('edge')[0], edges)
        parts = np.zeros(SHAPE)
        parts[:5, 2:9], parts[5:, 2:9] = HEAD, TORSO
        np.testing.assert_array_equal(sample.target('human_parts')[0], parts if i == 0 else np.full(SHAPE, 255))


def test_suffixes_count_in_any_case(pascal, tmp_path):
    """Also those of the label map that normals need, and of the image whose size parts without a person have."""
    dataset = PascalContextMultiTask(pascal, 'train', TASKS, pipeline=PIPELINE, cache_root=tmp_path / 'a')
    before = [sample['data_samples'] for sample in dataset]
    for path in [*pascal.rglob('*.png'), *pascal.rglob('*.mat'), *pascal.rglob('*.jpg')]:
        path.rename(path.with_suffix(path.suffix.upper()))
    dataset = PascalContextMultiTask(pascal, 'train', TASKS, pipeline=PIPELINE, cache_root=tmp_path / 'b')
    for i, sample in enumerate(before):
        for field in ('sem_seg', 'human_parts', 'saliency', 'normals', 'edge'):
            np.testing.assert_array_equal(dataset[i]['data_samples'].target(field), sample.target(field))


def test_keeps_parts_and_edges_beside_the_data_or_where_it_is_told(pascal, tmp_path):
    for root, cache_root in ((pascal, None), (tmp_path / 'elsewhere', tmp_path / 'elsewhere')):
        dataset = PascalContextMultiTask(pascal, 'val', TASKS, pipeline=PIPELINE, cache_root=cache_root)
        assert not (root / 'human_parts_cached').exists()
        pickle.loads(pickle.dumps(dataset))[0]
        for folder in ('human_parts_cached', 'edge_cached'):
            assert [path.name for path in (root / folder).iterdir()] == [f'{IDS[2]}.png']


def test_a_grey_map_of_ones_shows_nothing_salient(pascal):
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


def test_one_of_the_folders_of_classes_is_enough(pascal):
    shutil.rmtree(pascal / 'semseg/pascal-context')
    dataset = PascalContextMultiTask(pascal, 'train', TASKS[:2])
    assert [dataset.get_data_info(i)['map_paths']['semseg'] is None for i in range(2)] == [False, True]
    shutil.rmtree(pascal / 'semseg/VOC12')
    with pytest.raises(
        FileNotFoundError, match=r'VOC12 or .*pascal-context: no such folder, where the maps of task "se'
    ):
        PascalContextMultiTask(pascal, 'train', TASKS)


def test_normals_without_a_label_map_are_named(pascal):
    (pascal / f'pascal-context/trainval/{IDS[1]}.mat').unlink()
    with pytest.raises(
        FileNotFoundError, match=rf'trainval: no label map for 1 of the 2 IDs .*"normals", {IDS[1]} the'
    ):
        PascalContextMultiTask(pascal, 'train', TASKS)
    shutil.rmtree(pascal / 'pascal-context')
    with pytest.raises(FileNotFoundError, match=r'no such folder, where the label maps that task "normals" needs'):
        PascalContextMultiTask(pascal, 'train', TASKS[:4])
    assert len(PascalContextMultiTask(pascal, 'train', TASKS[:3])) == 2


def test_masks_of_another_size_and_damaged_files_are_named(pascal):
    path = pascal / f'human_parts/{IDS[0]}.mat'
    save_parts(path, person=True, shape=(13, 16))
    dataset = PascalContextMultiTask(pascal, 'train', TASKS, pipeline=PIPELINE)
    with pytest.raises(DataError, match=rf'{IDS[0]}\.mat: the map of task "human_parts" has 13x16'):
        dataset[0]
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match=rf'{IDS[0]}\.mat: variable "anno"'):
        dataset[0]


def test_no_data_set_says_layout_and_source(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        PascalContextMultiTask(tmp_path / 'nowhere', 'train', TASKS)
    for part in (
        str(tmp_path / 'nowhere'), 'JPEGImages/ID', 'semseg/VOC12/ID', 'human_parts/ID', 'ImageSets/Context/train.txt',
        'PASCAL_MT', 'dataset_converters/pascal_context.py', 'make_rooms.py --layout pascal',
    ):  # fmt: skip
        assert part in str(error.value)


def test_lists_folders_and_does_not_ask_for_each_file(pascal, monkeypatch):
    listed, asked = Counter(), Counter()
    listing, status = os.listdir, Path.stat
    monkeypatch.setattr(os, 'listdir', lambda path: listed.update([Path(path).name]) or listing(path))
    monkeypatch.setattr(Path, 'stat', lambda path, **kwargs: asked.update([path.suffix]) or status(path, **kwargs))
    PascalContextMultiTask(pascal, 'train', TASKS)
    assert listed['JPEGImages'] == listed['human_parts'] == listed['VOC12'] == 1
    assert max(listed.values()) <= 2
    assert not asked.keys() & {'.jpg', '.mat', '.png'}
