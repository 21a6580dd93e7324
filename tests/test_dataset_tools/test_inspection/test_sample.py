import numpy as np
import pytest
from PIL import Image

from mtcp_mm.dataset_tools.inspection import read_sample
from mtcp_mm.datasets import NYUDMultiTask
from mtcp_mm.tasks import build_tasks


@pytest.fixture
def entry(nyud, tasks):
    return NYUDMultiTask(nyud, 'train', tasks).get_data_info(0)


def test_reads_image_and_maps(entry, tasks, nyud):
    sample = read_sample(entry, build_tasks(tasks))
    assert sample.name == '0001' and not sample.faults
    np.testing.assert_array_equal(sample.image, np.array(Image.open(nyud / 'images/0001.jpg')))  # RGB
    np.testing.assert_array_equal(sample.maps['depth'].target, np.load(nyud / 'depth/0001.npy'))
    labels = np.array(Image.open(nyud / 'segmentation/0001.png'))
    np.testing.assert_array_equal(sample.maps['semseg'].values, labels)
    np.testing.assert_array_equal(sample.maps['semseg'].target, np.where(labels == 0, 255, labels.astype(int) - 1))


def test_a_missing_map_is_no_fault(entry, tasks):
    entry['map_paths']['depth'] = None
    sample = read_sample(entry, build_tasks(tasks))
    assert sample.maps['depth'] is None and sample.maps['normals'] is not None and not sample.faults


def fail(path):
    raise KeyError('anno')


def test_any_exception_of_a_reader_is_a_fault_of_the_file(entry, tasks):
    entry['readers'] = {'semseg': fail}
    sample = read_sample(entry, build_tasks(tasks))
    (fault,) = sample.faults
    assert (fault.sample, fault.task, fault.file) == ('0001', 'semseg', entry['map_paths']['semseg'])
    assert fault.reason == "KeyError: 'anno'"
    assert 'semseg' not in sample.maps and sorted(sample.maps) == ['depth', 'normals']


def test_maps_are_read_beside_a_broken_image(entry, tasks, nyud):
    (nyud / 'images/0001.jpg').write_bytes(b'nothing')
    sample = read_sample(entry, build_tasks(tasks))
    assert sample.image is None and len(sample.maps) == 3
    assert [fault.task for fault in sample.faults] == [None]
