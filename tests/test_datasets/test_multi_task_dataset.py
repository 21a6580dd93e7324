import re
import shutil

import numpy as np
import pytest
import torch
from mmengine.config import ConfigDict
from mmseg.registry import DATASETS, METRICS
from PIL import Image

from mtcp_mm.dataset_tools.inspection import SummaryDataset, inspect_split
from mtcp_mm.datasets import MultiTaskDataset, NYUDMultiTask
from mtcp_mm.datasets.multi_task_dataset import sample_ids
from mtcp_mm.evaluation import BaselinePredictor, MeanIoU
from mtcp_mm.tasks import ClassMap, DataError, build_tasks, load_map
from mtcp_mm.utils import ConfigError, resolve_type


def test_lists_each_images_files(nyud, tasks):
    dataset = NYUDMultiTask(nyud, 'train', tasks)
    assert len(dataset) == 2
    info = dataset.get_data_info(1)
    assert (info['sample_id'], info['img_path']) == ('0002', str(nyud / 'images/0002.jpg'))
    assert info['map_paths'] == {
        'semseg': str(nyud / 'segmentation/0002.png'),
        'depth': str(nyud / 'depth/0002.npy'),
        'normals': str(nyud / 'normals/0002.png'),
    }
    assert info['tasks'] == tasks


def test_metainfo_loads_with_weights_only(nyud, tasks, tmp_path):
    dataset = NYUDMultiTask(nyud, 'train', ConfigDict(tasks=tasks).tasks, metainfo=dict(note='mine'))
    torch.save(dataset.metainfo, tmp_path / 'meta.pth')
    meta = torch.load(tmp_path / 'meta.pth', weights_only=True)
    tasks[0].pop('label_offset')  # how files are encoded is no part of what predictions mean
    assert meta['tasks'] == tasks and type(meta['tasks'][0]) is dict
    assert meta['note'] == 'mine'
    assert len(meta['classes']) == len(meta['palette']) == 40


def test_types_given_as_classes_load_with_weights_only_too(nyud, tmp_path):
    tasks = [dict(type=ClassMap, name='semseg', field='sem_seg', classes='nyud40', metrics=[dict(type=MeanIoU)])]
    torch.save(NYUDMultiTask(nyud, 'train', tasks).metainfo, tmp_path / 'meta.pth')
    (task,) = build_tasks(torch.load(tmp_path / 'meta.pth', weights_only=True)['tasks']).values()
    assert type(task) is ClassMap and resolve_type(task.metrics[0], METRICS) is MeanIoU


def test_a_map_may_be_missing(nyud, tasks):
    (nyud / 'depth/0001.npy').unlink()
    dataset = NYUDMultiTask(nyud, 'train', tasks)
    assert dataset.get_data_info(0)['map_paths']['depth'] is None
    assert dataset.get_data_info(1)['map_paths']['depth'] is not None


def test_first_suffix_wins(nyud, tasks):
    shutil.copy(nyud / 'depth/0001.npy', nyud / 'normals/0001.npy')
    assert NYUDMultiTask(nyud, 'train', tasks).get_data_info(0)['map_paths']['normals'].endswith('0001.npy')


def test_a_new_data_set_only_sets_its_folders(nyud, tasks):
    class Other(MultiTaskDataset):
        folders = dict(semseg='labels')
        image_folder = 'pictures'
        split_folder = 'lists'

    for old, new in (('images', 'pictures'), ('segmentation', 'labels'), ('gt_sets', 'lists')):
        (nyud / old).rename(nyud / new)
    dataset = Other(nyud, 'val', tasks[:2], folders=dict(depth='depth'))
    assert set(dataset.get_data_info(0)['map_paths']) == {'semseg', 'depth'}
    with pytest.raises(ValueError, match=r'Other knows no folder for task "normals".*folders=dict\(normals=\.\.\.\)'):
        Other(nyud, 'val', tasks, folders=dict(depth='depth'))


def test_a_data_set_may_have_custom_readers(nyud, tasks):
    class Centimetres(NYUDMultiTask):
        @property
        def readers(self):
            return dict(depth=lambda path: np.load(path) / 100)

    entry = Centimetres(nyud, 'train', tasks).get_data_info(0)
    stored = np.load(nyud / 'depth/0001.npy')
    np.testing.assert_allclose(load_map(build_tasks(tasks)['depth'], entry), stored / 100, rtol=1e-6)
    constant = BaselinePredictor.fit(
        dict(type=Centimetres, data_root=nyud, split='train', tasks=tasks), build_tasks(tasks)
    )
    depths = np.concatenate([np.load(nyud / f'depth/{i}.npy').ravel() for i in ('0001', '0002')])
    assert constant.values['depth'].item() == pytest.approx(depths[depths > 0].mean() / 100, rel=1e-5)


def test_a_missing_data_set_is_an_error_with_layout_and_source(tmp_path, tasks):
    with pytest.raises(FileNotFoundError) as error:
        NYUDMultiTask(tmp_path / 'nowhere', 'train', tasks)
    for part in (str(tmp_path / 'nowhere'), 'segmentation/ID', 'gt_sets/train.txt', 'NYUD_MT', 'make_rooms.py'):
        assert part in str(error.value)


@pytest.mark.parametrize(
    ('gone', 'error', 'says'),
    [
        ('gt_sets/train.txt', FileNotFoundError, r'gt_sets/train\.txt: no such list'),
        ('images/0002.jpg', FileNotFoundError, r'images: no image for 1 of the 2 IDs of split "train", 0002 .*\.jpeg'),
        ('images', FileNotFoundError, r'images: no such folder, where the images'),
        ('depth', FileNotFoundError, r'depth: no such folder, where the maps of task "depth"'),
        (
            'normals/*',
            ValueError,
            r'normals: no \.npy or \.png file of task "normals" .* such as 0001\.png, .* no files',
        ),
    ],
)
def test_missing_files_and_folders_are_named(nyud, tasks, gone, error, says):
    for path in list(nyud.glob(gone)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(error, match=says):
        NYUDMultiTask(nyud, 'train', tasks)


@pytest.mark.parametrize(
    ('line', 'meant'),
    [
        ('0002.jpg', '0002.jpg'),
        ('images/0002.jpg', '0002.jpg'),
        ('0002 segmentation/0002.png', '0002.jpg'),
        ('ROOM', 'room.heic'),
        ('other', None),
    ],
)
def test_a_similar_image_is_suggested_for_an_unknown_id(nyud, tasks, line, meant):
    (nyud / 'images/room.heic').touch()
    (nyud / 'gt_sets/train.txt').write_text(f'0001\n{line}\n')
    with pytest.raises(FileNotFoundError, match='no image for 1 of the 2 IDs') as error:
        NYUDMultiTask(nyud, 'train', tasks)
    assert (f'(do you mean {meant}?)' if meant else line) in str(error.value)
    assert ('do you mean' in str(error.value)) == (meant is not None)


def test_files_are_found_whatever_system_wrote_them(nyud, tasks):
    """File names from macOS, upper-case suffixes from a camera, and a list from a Windows editor."""
    names = {'images/0001.jpg': 'images/Ku\u0308che 1.JPG', 'images/0002.jpg': 'images/b.jpeg'}
    for folder, suffix in dict(segmentation='.png', depth='.npy', normals='.png').items():
        names |= {f'{folder}/0001{suffix}': f'{folder}/K\u00fcche 1{suffix.upper()}'}
        names |= {f'{folder}/0002{suffix}': f'{folder}/b{suffix}'}
    for old, new in names.items():
        (nyud / old).rename(nyud / new)
    (nyud / 'gt_sets/train.txt').unlink()
    (nyud / 'gt_sets/train.TXT').write_bytes('\ufeffK\u00fcche 1\r\nb\r\n'.encode())
    pipeline = [dict(type=step) for step in ('LoadImage', 'LoadTaskMaps', 'PackMultiTaskInputs')]
    samples = [*NYUDMultiTask(nyud, 'train', tasks, pipeline=pipeline)]
    for sample in samples:
        assert all((sample['data_samples'].target(field) != 0).any() for field in ('sem_seg', 'depth_map', 'normals'))
    assert samples[0]['data_samples'].sample_id == 'K\u00fcche 1'


@pytest.mark.parametrize(('left', 'hint'), [(None, ''), ('0001.TIF', r'Is .*depth/0001\.TIF meant')])
def test_how_many_images_have_a_map_is_logged(nyud, tasks, monkeypatch, left, hint):
    (nyud / 'depth/0001.npy').rename(nyud / ('depth/' + (left or '9.npy')))
    said = []
    monkeypatch.setattr('mtcp_mm.datasets.multi_task_dataset.print_log', lambda text, *_: said.append(text))
    NYUDMultiTask(nyud, 'train', tasks)
    (said,) = said
    assert 'task "depth": 1 of the 2 images of split "train" have a map (.npy or .png)' in said and '0001' in said
    assert re.search(hint, said) if hint else 'meant' not in said


def test_empty_split_is_named(nyud, tasks):
    (nyud / 'gt_sets/val.txt').write_text('\n\n')
    with pytest.raises(ValueError, match=r'gt_sets/val\.txt: the split is empty'):
        NYUDMultiTask(nyud, 'val', tasks)


def test_ids_cannot_leave_the_folder(nyud, tasks):
    (nyud / 'gt_sets/val.txt').write_text('../depth/0003\n')
    with pytest.raises(FileNotFoundError, match='no image'):
        NYUDMultiTask(nyud, 'val', tasks)


def test_label_fraction_uses_a_part_of_the_maps(nyud, tasks):
    dataset = NYUDMultiTask(nyud, 'train', tasks, label_fraction=dict(depth=0.5, normals=0))
    paths = [dataset.get_data_info(i)['map_paths'] for i in range(2)]
    assert [path['depth'] is None for path in paths].count(True) == 1
    assert all(path['normals'] is None and path['semseg'] is not None for path in paths)
    for wrong in (dict(edge=0.5), dict(depth=1.5)):
        with pytest.raises(ValueError, match='label_fraction'):
            NYUDMultiTask(nyud, 'train', tasks, label_fraction=wrong)


def test_sampled_ids_are_fixed_nested_and_differ_by_task():
    ids = [f'{i:04d}' for i in range(200)]
    half = sample_ids(ids, 0.5, 'depth')
    assert len(half) == 100 and half == sample_ids(ids[::-1], 0.5, 'depth')
    assert sample_ids(ids, 0.2, 'depth') < half
    assert 30 < len(half & sample_ids(ids, 0.5, 'normals')) < 70


def test_a_binary_list_is_an_error_that_names_it(nyud, tasks):
    (nyud / 'gt_sets/val.txt').write_bytes(b'\xff\xfe0001')
    with pytest.raises(DataError, match=r'gt_sets/val\.txt: no text file'):
        NYUDMultiTask(nyud, 'val', tasks)


LOAD_AND_PACK = [dict(type=step) for step in ('LoadImage', 'LoadTaskMaps', 'PackMultiTaskInputs')]


def data_of(root, folder, values, dtype=np.uint8, **task):
    """Writes maps of a task to a data set, and returns its config."""
    (root / folder).mkdir()
    for name in ('0001', '0002'):
        Image.fromarray(np.resize(np.array(values, dtype), (12, 16))).save(root / f'{folder}/{name}.png')
    settings = dict(split='train', tasks=[dict(name='it', **task)], folders=dict(it=folder), pipeline=LOAD_AND_PACK)
    return dict(type=MultiTaskDataset, data_root=str(root), **settings)


@pytest.mark.parametrize(
    ('task', 'first', 'second'),
    [
        (
            dict(type='ClassMap', classes=['a', 'b']),
            dict(values=[0, 1, 2], label_offset=1),
            dict(values=[255, 0, 1], label_offset=0),
        ),
        (
            dict(type='BinaryMap'),
            dict(values=[255, 0, 1], void_value=255, yes_value=1),
            dict(values=[9, 0, 255], void_value=9, yes_value=255),
        ),
        (
            dict(type='DepthMap'),
            dict(values=[0, 2000, 4000], scale=0.001, dtype=np.uint16),
            dict(values=[0, 2, 4], scale=1),
        ),
    ],
)
def test_data_sets_with_different_encodings_can_be_combined(nyud, task, first, second):
    parts = [data_of(nyud, folder, **task, **part) for folder, part in dict(one=first, two=second).items()]
    data = DATASETS.build(dict(type='ConcatDataset', datasets=parts))
    targets = [data[i]['data_samples'].target('it') for i in range(4)]
    assert all(torch.equal(target, targets[0]) for target in targets) and len(targets[0].unique()) == 3
    (built,) = build_tasks(data.metainfo['tasks']).values()
    assert built.classes == build_tasks(parts[0]['tasks'])['it'].classes

    summary = inspect_split(SummaryDataset(data), 1, 'Reading')
    assert not summary.faults and summary.maps['it'].sizes.total() == 4
    constant = BaselinePredictor.fit(dict(type='ConcatDataset', datasets=parts), dict(it=built)).values['it']
    assert constant == built.baseline_prediction(sum(built.baseline_statistics(target) for target in targets))


@pytest.mark.parametrize(
    ('settings', 'says'),
    [
        (dict(ann_file='list.json'), r"ann_file='list.json' .* split and split_folder"),
        (dict(data_prefix=dict(img_path='images')), r"data_prefix=\{'img_path': 'images'\} .* image_folder"),
        (dict(filter_cfg=dict(least=1)), 'filter_cfg=.* nothing reads'),
        (dict(img_suffix='.png'), "img_suffix='.png'"),
        (dict(seg_map_suffix='.png'), "seg_map_suffix='.png'"),
        (dict(reduce_zero_label=True), 'reduce_zero_label=True .* label_offset=1'),
        (
            dict(metainfo=dict(classes=['wall', 'floor'])),
            r"metainfo has classes=\['wall', 'floor'\], but the tasks have",
        ),
        (dict(metainfo=dict(palette=[[0, 0, 0]])), r'metainfo has palette=\[\[0, 0, 0\]\]'),
        (dict(metainfo='meta.txt'), "metainfo='meta.txt'"),
        (dict(folders=dict(dpeth='depth')), r"folders has \"dpeth\", .* \['depth', 'normals', 'semseg'\]"),
        (dict(folders='depth'), "folders='depth'"),
        (dict(folders=dict(depth=3)), 'folders has 3 for task "depth"'),
        (dict(upright='no'), "upright='no'"),
        (dict(split=1), 'split 1 of a data set'),
        (dict(indices=100), 'indices=100, but the data set has 2 images'),
        (dict(indices=-3), 'indices=-3, but the data set has 2 images'),
        (dict(indices=[0, 2]), r'indices=\[0, 2\], but the data set has 2 images; 2 is out of range'),
        (dict(indices='first'), "indices='first'"),
        (dict(indices=True), 'indices=True'),
        (dict(label_fraction=0.5), 'label_fraction=0.5'),
        (dict(label_fraction=dict(depth='half')), 'label_fraction of task "depth" is \'half\''),
        (dict(label_fraction=dict(depth=1.5)), 'label_fraction of task "depth" is 1.5; fractions are from 0 to 1'),
    ],
)
def test_invalid_and_unused_settings_are_refused(nyud, tasks, settings, says):
    with pytest.raises(ConfigError, match=says):
        NYUDMultiTask(**{**dict(data_root=nyud, split='train', tasks=tasks), **settings})


@pytest.mark.parametrize(
    'settings',
    [
        dict(ann_file='', filter_cfg=None, metainfo=None, folders=None, label_fraction=None, indices=None),
        dict(indices=1),
        dict(indices=-1),
        dict(indices=(0,)),
        dict(folders=dict(edge='edge'), tasks=[dict(type='DepthMap', name='depth')]),  # which the class knows of
        dict(folders=dict(albedo='albedo'), tasks=[dict(type='DepthMap', name='depth')]),  # which was left out
    ],
)
def test_valid_settings_are_accepted(nyud, tasks, settings):
    assert len(NYUDMultiTask(**{**dict(data_root=nyud, split='train', tasks=tasks), **settings})) in (1, 2)


def test_metainfo_may_repeat_the_tasks(nyud, tasks):
    said = NYUDMultiTask(nyud, 'train', tasks).metainfo
    again = NYUDMultiTask(nyud, 'train', tasks, metainfo=dict(said, classes=list(said['classes'])))
    assert again.metainfo == said


def test_a_data_set_may_read_other_settings(nyud, tasks):
    class Listed(NYUDMultiTask):
        def load_data_list(self):
            return [dict(sample_id=self.ann_file, **self.data_prefix)]

    entry = Listed(nyud, 'train', tasks, ann_file='a', data_prefix=dict(img_path='b')).get_data_info(0)
    assert entry['sample_id'].endswith('a') and entry['img_path'].endswith('b')
