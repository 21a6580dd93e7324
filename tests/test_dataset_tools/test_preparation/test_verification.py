import pytest

from mtcp_mm.dataset_tools.preparation import NYUD_TASKS, PASCAL_TASKS
from mtcp_mm.dataset_tools.preparation.verification import blaming, tasks_at_hand, verify
from mtcp_mm.datasets import NYUDMultiTask, PascalContextMultiTask
from mtcp_mm.tasks import DataError


@pytest.fixture
def root(tmp_path, nyud_files, write):
    return write.folder(tmp_path, nyud_files) / 'NYUD_MT'


def test_tasks_without_a_map_in_the_split_are_left_out(root):
    (root / 'depth/0002.npy').unlink()
    names = {
        split: [task['name'] for task in tasks_at_hand(NYUDMultiTask, root, split, NYUD_TASKS)]
        for split in ('train', 'val')
    }
    assert names == dict(train=['semseg', 'depth', 'normals', 'edge'], val=['semseg', 'normals', 'edge'])


def test_maps_that_are_not_converted_are_not_passed_over(tmp_path, pascal_files, write):
    root = write.folder(tmp_path, pascal_files) / 'PASCAL_MT'
    with pytest.raises(DataError, match='human_parts/2008_000001.mat: .*not converted'):
        verify(PascalContextMultiTask, root, PASCAL_TASKS, 1)


def test_all_files_that_cannot_be_used_are_counted_and_the_first_is_named(root):
    for name in ('0001', '0003'):
        (root / f'depth/{name}.npy').write_bytes(b'')
    with pytest.raises(DataError, match='depth/0001.npy: .*of 2 files'):
        verify(NYUDMultiTask, root, NYUD_TASKS, 1)


@pytest.mark.parametrize(('content', 'reason'), [(b'\xff\xfe', 'no text file'), (b'0007', 'no map of any task')])
def test_a_list_that_is_none_is_named(root, content, reason):
    (root / 'gt_sets/train.txt').write_bytes(content)
    with pytest.raises(DataError, match=reason):
        verify(NYUDMultiTask, root, NYUD_TASKS, 1)


@pytest.mark.parametrize('kind', [DataError, FileNotFoundError])
def test_errors_name_the_source(tmp_path, kind):
    with pytest.raises(DataError, match='^x.tgz/images/1.jpg: torn$'):
        with blaming('x.tgz', tmp_path):
            raise kind(f'{tmp_path}/images/1.jpg: torn')
    with pytest.raises(OSError, match=f'{tmp_path}: disk full'):
        with blaming('x.tgz', tmp_path):
            raise OSError(f'{tmp_path}: disk full')
