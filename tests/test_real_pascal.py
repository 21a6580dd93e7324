"""Real images of PASCAL VOC with PASCAL-Part, which may not be redistributed and are kept outside the project."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io
from PIL import Image

from mtcp_mm.dataset_tools.matlab import read_mat
from mtcp_mm.dataset_tools.preparation import prepare_pascal_context
from mtcp_mm.dataset_tools.preparation.pascal_normals import KNOWN_CLASSES
from mtcp_mm.dataset_tools.preparation.pascal_parts import PART_CLASSES
from mtcp_mm.datasets import PascalContextMultiTask
from mtcp_mm.tasks import DataError

SHARED = Path(__file__).parents[2] / 'shared'
PACK = SHARED / 'pascal_mt'
NYUD_CLASSES = SHARED / 'nyud/meta/classMapping40.mat'
TASKS = [
    dict(type='ClassMap', name='semseg', field='sem_seg', classes='pascal21'),
    dict(type='ClassMap', name='human_parts', classes='pascal_parts'),
]
PIPELINE = [dict(type='LoadImage'), dict(type='LoadTaskMaps'), dict(type='PackMultiTaskInputs')]
PERSON, HEAD, TORSO, LOWER_LEG = 15, 1, 2, 6

pytestmark = pytest.mark.skipif(not PACK.is_dir(), reason='no real PASCAL images in ../shared/pascal_mt')


@pytest.fixture(scope='module')
def samples(tmp_path_factory) -> dict:
    """All 22 samples by ID, converted for training."""
    root = tmp_path_factory.mktemp('pascal') / 'converted'
    prepare_pascal_context(PACK, root)
    splits = [PascalContextMultiTask(root, split, TASKS, pipeline=PIPELINE) for split in ('train', 'val')]
    assert [len(split) for split in splits] == [11, 11]
    return {sample.sample_id: sample for split in splits for packed in split for sample in [packed['data_samples']]}


def test_the_pack_as_it_circulates_is_to_be_converted():
    with pytest.raises(DataError, match=rf'pascal_context\.py {PACK} {PACK} '):
        PascalContextMultiTask(PACK, 'train', TASKS)
    assert len(PascalContextMultiTask(PACK, 'train', TASKS[:1])) == 11


def parts_by_formula(name: str) -> np.ndarray:
    """The literature's reading, through SciPy: masks painted over each other in the file's order."""
    objects = scipy.io.loadmat(PACK / f'human_parts/{name}.mat')['anno'][0, 0]['objects'][0]
    parts = np.zeros(objects[0]['mask'].shape, int)
    for one in objects:
        if one['class_ind'].item() == PERSON and one['parts'].size:
            for part in one['parts'][0]:
                parts[part['mask'] == 1] = PART_CLASSES[part['part_name'].item()]
    return parts if parts.any() else np.full(parts.shape, 255)


def test_parts_are_those_of_the_literature(samples):
    void = 0
    for name, sample in samples.items():
        parts = sample.target('human_parts')[0].numpy()
        np.testing.assert_array_equal(parts, parts_by_formula(name))
        void += (parts == 255).all()
    assert void == 12


def test_parts_lie_on_people_and_classes_are_those_of_the_files(samples):
    for name, sample in samples.items():
        classes, parts = sample.target('sem_seg')[0].numpy(), sample.target('human_parts')[0].numpy()
        with Image.open(PACK / f'semseg/VOC12/{name}.png') as file:
            np.testing.assert_array_equal(classes, np.asarray(file))
        assert (parts == 255).all() == (not (classes == PERSON).any())
        if (classes == PERSON).any():
            assert np.mean(parts[classes == PERSON] > 0) > 0.95
            # A part reaches under what stands before it, such as the dog on an arm.
            assert np.mean(classes[parts > 0] == PERSON) > 0.92


def test_people_stand_upright(samples):
    """Looked at: one person each, sitting, climbing and riding, whose head is above the torso and legs below."""
    for name in ('2008_000026', '2008_000652', '2008_000700', '2008_000008'):
        parts = samples[name].target('human_parts')[0].numpy()
        rows = {label: np.nonzero(parts == label)[0].mean() for label in np.unique(parts)}
        assert rows[HEAD] < rows[TORSO] < rows.get(LOWER_LEG, parts.shape[0])


def test_left_is_the_persons_own():
    """A man who faces the camera: his left is on the right of the image."""
    (man,) = (
        one for one in read_mat(PACK / 'human_parts/2008_000026.mat', 'anno')[0]['objects'] if one['class'] == 'person'
    )
    across = {part['part_name']: np.nonzero(part['mask'])[1].mean() for part in man['parts']}
    for part in ('eye', 'uarm', 'hand', 'uleg'):
        assert across[f'l{part}'] > across[f'r{part}']


@pytest.mark.skipif(not NYUD_CLASSES.is_file(), reason='no list of the classes of NYU Depth V2 in ../shared/nyud/meta')
def test_normals_count_on_classes_of_nyud():
    names = {str(name) for name in scipy.io.loadmat(NYUD_CLASSES, squeeze_me=True)['allClassName']}
    assert len(names) == 894
    assert set(KNOWN_CLASSES) - names == {'tvmonitor'}
    assert {*read_mat(NYUD_CLASSES, 'allClassName')} == names
