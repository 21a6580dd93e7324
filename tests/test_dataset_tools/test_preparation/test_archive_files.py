from pathlib import Path

import pytest

from mtcp_mm.dataset_tools.preparation.archive_files import NYUD_FILES, PASCAL_FILES
from mtcp_mm.datasets import NYUDMultiTask, PascalContextMultiTask
from mtcp_mm.datasets.layouts import as_names
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
    assert sorted(NYUD_FILES.places(names, SOURCE).values()) == [
        'depth/0001.npy', 'gt_sets/train.txt', 'gt_sets/val.txt', 'images/0001.jpg', 'images/0002.JPEG',
    ]  # fmt: skip


def test_folders_of_several_levels():
    names = [
        'ImageSets/Context/train.txt', 'ImageSets/Parts/train.txt', 'pascal-context/trainval/2008_000008.mat',
        'semseg/VOC12/2008_000008.png', 'semseg/2008_000008.png',
    ]  # fmt: skip
    assert set(PASCAL_FILES.places(names, SOURCE)) == {names[0], names[2], names[3]}


@pytest.mark.parametrize(
    ('names', 'found'),
    [(['images/1.jpg'], 'is missing'), (['a/gt_sets/train.txt', 'b/gt_sets/train.txt'], 'is in 2 folders: a/, b/')],
)
def test_none_and_several_are_refused(names, found):
    with pytest.raises(DataError, match=f'x.tgz: gt_sets/train.txt {found}.*of one NYUD data set'):
        NYUD_FILES.places(names, SOURCE)


@pytest.mark.parametrize(('files', 'dataset'), [(NYUD_FILES, NYUDMultiTask), (PASCAL_FILES, PascalContextMultiTask)])
def test_folders_are_those_that_the_reader_knows(files, dataset):
    folders = [folder for names in dataset.folders.values() for folder in as_names(names)]
    assert set(files.suffixes) == {dataset.image_folder, *folders}
    assert files.layout.splits == dataset.split_folder


def test_what_may_belong_to_it_is_known_before_its_root_is():
    assert NYUD_FILES.may_have('any/folder/depth/0001.npy') and NYUD_FILES.may_have('gt_sets/train.txt')
    assert not NYUD_FILES.may_have('any/depth/readme') and not NYUD_FILES.may_have('depth/deeper/0001.npy')
