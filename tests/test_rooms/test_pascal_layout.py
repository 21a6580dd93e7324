import shutil

import numpy as np
import pytest
from PIL import Image

from mtcp_mm.dataset_tools.preparation.pascal_maps import convert_in_place
from mtcp_mm.datasets import PascalContextMultiTask
from mtcp_mm.rooms import ROOMS_VOC_CLASSES, RoomsParameters, render_room, write_rooms
from mtcp_mm.rooms.categories import Category
from mtcp_mm.tasks import build_tasks, load_map
from mtcp_mm.tasks.class_sets import PASCAL21

VOC = {Category.CHAIR: 9, Category.TABLE: 11, Category.PERSON: 15, Category.SOFA: 18, Category.TELEVISION: 20}
TASKS = [
    dict(type='ClassMap', name='semseg', field='sem_seg', classes='pascal21'),
    dict(type='ClassMap', name='human_parts', classes='pascal_parts'),
    dict(type='BinaryMap', name='saliency'),
    dict(type='SurfaceNormals', name='normals'),
    dict(type='BinaryMap', name='edge', field='edge_map'),
]
COUNT = 12


@pytest.fixture(scope='module')
def written(tmp_path_factory):
    root = tmp_path_factory.mktemp('rooms') / 'pascal'
    write_rooms(root, RoomsParameters(train=COUNT, val=1, height=48, width=64, seed=3, layout='pascal'))
    return root


@pytest.fixture(scope='module')
def samples():
    return [render_room(3, 'train', index, 48, 64) for index in range(COUNT)]


@pytest.fixture(scope='module')
def stored(written):
    """The targets of each training image by task, as the data set loads them."""
    dataset = PascalContextMultiTask(written, 'train', tasks=TASKS)
    tasks = build_tasks(TASKS)
    entries = [dataset.get_data_info(index) for index in range(len(dataset))]
    return [{name: load_map(task, entry) for name, task in tasks.items()} for entry in entries]


def test_folders(written):
    files = [path.relative_to(written) for path in written.rglob('*') if path.is_file()]
    assert len(files) == 9 * (COUNT + 1) + 3
    assert (written / 'ImageSets/Context/val.txt').read_text() == 'val_00000\n'


def test_the_maps_equal_those_converted_from_the_other_files(written, tmp_path):
    shutil.copytree(written, tmp_path / 'raw')
    maps = [*tmp_path.glob('raw/human_parts/*.png'), *tmp_path.glob('raw/normals/*'), *tmp_path.glob('raw/edge/*')]
    assert len(maps) == 3 * (COUNT + 1)
    for path in maps:
        path.unlink()
    convert_in_place(tmp_path / 'raw', 1)
    for path in maps:
        assert path.read_bytes() == (written / path.relative_to(tmp_path / 'raw')).read_bytes()


def test_images_equal_those_of_the_nyud_layout(written, tmp_path):
    write_rooms(tmp_path / 'nyud', RoomsParameters(train=1, val=1, height=48, width=64, seed=3))
    here, there = written / 'JPEGImages/val_00000.jpg', tmp_path / 'nyud/images/val_00000.jpg'
    assert here.read_bytes() == there.read_bytes()


def test_the_data_set_loads_parts_edges_and_saliency(stored, samples):
    assert len(stored) == COUNT
    people = 0
    for maps, sample in zip(stored, samples, strict=True):
        people += sample.parts.any()
        expected = sample.parts if sample.parts.any() else np.full((48, 64), 255)
        np.testing.assert_array_equal(maps['human_parts'], expected)
        np.testing.assert_array_equal(maps['edge'], sample.edges)
        np.testing.assert_array_equal(maps['saliency'], sample.saliency)
    assert 0 < people < COUNT


def test_the_data_set_loads_classes(stored, samples):
    for maps, sample in zip(stored, samples, strict=True):
        expected = [[VOC.get(category, 0) for category in row] for row in sample.segmentation.tolist()]
        np.testing.assert_array_equal(maps['semseg'], expected)
    assert set(np.unique([maps['semseg'] for maps in stored])) == set(ROOMS_VOC_CLASSES)
    names = ['background', 'chair', 'diningtable', 'person', 'sofa', 'tvmonitor']
    assert [PASCAL21[number] for number in ROOMS_VOC_CLASSES] == names


def test_the_data_set_loads_normals(stored, samples):
    for maps, sample in zip(stored, samples, strict=True):
        angle = np.degrees(np.arccos(np.clip((maps['normals'] * sample.normals).sum(axis=2), -1, 1)))
        assert angle.max() < 0.6  # what 8 bits cost; valid everywhere


def test_maps_are_single_channel_images(written):
    for folder in ('semseg/VOC12', 'sal_distill'):
        with Image.open(written / folder / 'train_00000.png') as image:
            assert image.mode == 'L' and image.size == (64, 48)
