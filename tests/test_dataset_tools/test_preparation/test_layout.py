from pathlib import Path

import pytest

from mtcp_mm.dataset_tools.preparation import NYUD, PASCAL
from mtcp_mm.datasets import NYUDMultiTask, PascalContextMultiTask
from mtcp_mm.datasets.multi_task_dataset import as_names
from mtcp_mm.tasks import DataError

SOURCE = Path('x.tgz')


def test_files_are_found_below_any_folder_and_others_left_out():
    names = [
        'data/NYUD_MT/gt_sets/train.txt', 'data/NYUD_MT/gt_sets/val.txt', 'data/NYUD_MT/gt_sets/test.txt',
        'data/NYUD_MT/images/0001.jpg', 'data/NYUD_MT/images/0001.exe', 'data/NYUD_MT/images/.hidden.jpg',
        'data/NYUD_MT/images/0002.JPEG',
        'data/NYUD_MT/images/deeper/0001.jpg', 'data/NYUD_MT/images/0 1.jpg', 'data/NYUD_MT/depth/0001.npy',
        'data/NYUD_MT/depth/0001.png', 'images/0002.jpg', 'data/readme',
    ]  # fmt: skip
    assert sorted(NYUD.places(names, SOURCE).values()) == [
        'depth/0001.npy', 'gt_sets/train.txt', 'gt_sets/val.txt', 'images/0001.jpg', 'images/0002.JPEG',
    ]  # fmt: skip


def test_folders_of_several_levels():
    names = [
        'ImageSets/Context/train.txt', 'ImageSets/Parts/train.txt', 'pascal-context/trainval/2008_000008.mat',
        'semseg/VOC12/2008_000008.png', 'semseg/2008_000008.png',
    ]  # fmt: skip
    assert set(PASCAL.places(names, SOURCE)) == {names[0], names[2], names[3]}


@pytest.mark.parametrize(
    ('names', 'found'),
    [(['images/1.jpg'], 'nowhere'), (['a/gt_sets/train.txt', 'b/gt_sets/train.txt'], 'in 2 folders: a/, b/')],
)
def test_none_and_several_are_refused(names, found):
    with pytest.raises(DataError, match=f'x.tgz: not one NYUD data set, whose gt_sets/train.txt is {found}'):
        NYUD.places(names, SOURCE)


@pytest.mark.parametrize(('layout', 'dataset'), [(NYUD, NYUDMultiTask), (PASCAL, PascalContextMultiTask)])
def test_folders_are_those_that_the_reader_knows(layout, dataset):
    folders = [folder for names in dataset.folders.values() for folder in as_names(names)]
    assert set(layout.folders) == {dataset.image_folder, *folders}
    assert layout.split_folder == dataset.split_folder
