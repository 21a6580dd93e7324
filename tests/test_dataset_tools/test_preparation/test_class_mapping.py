from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat

from mtcp_mm.dataset_tools.preparation.class_mapping import choose_mapping, read_mapping
from mtcp_mm.tasks import CLASS_SETS, DataError

REAL = Path(__file__).parents[4] / 'shared/nyud/meta/classMapping40.mat'


def test_each_label_gets_its_class_and_void_stays_void(mapping_mat):
    mapping = choose_mapping(mapping_mat, 894, 'raw.mat')
    assert mapping.dtype == np.uint8
    assert mapping[[0, 1, 2, 894]].tolist() == [0, 2, 40, 1]


def test_labels_that_are_classes_already_stay(mapping_mat):
    assert choose_mapping(None, 40, 'raw.mat').tolist() == list(range(41))
    with pytest.raises(DataError, match='raw.mat: labels up to 40 .* leave --class-mapping out'):
        choose_mapping(mapping_mat, 40, 'raw.mat')


@pytest.mark.parametrize(
    'classes', [np.full(893, 1), np.full(894, 41), np.arange(894) % 41, np.full(894, 1.5), np.full(40, 1)]
)
def test_another_mapping_is_refused(mat_file, classes):
    with pytest.raises(DataError, match='classMapping40.mat: .*official'):
        read_mapping(mat_file('classMapping40.mat', mapClass=classes))


def test_what_is_missing_is_named(mapping_mat, mat_file):
    with pytest.raises(DataError, match='raw.mat: labels up to 894 .*--class-mapping'):
        choose_mapping(None, 894, 'raw.mat')
    with pytest.raises(DataError, match='raw.mat: labels up to 895'):
        choose_mapping(mapping_mat, 895, 'raw.mat')
    with pytest.raises(DataError, match='other.mat: .*mapClass'):
        read_mapping(mat_file('other.mat', x=1))


@pytest.mark.skipif(not REAL.is_file(), reason='no real classMapping40.mat in ../shared/nyud/meta')
def test_the_official_file_maps_names_to_the_classes_of_those_names():
    mapping = read_mapping(REAL)
    names = [str(name[0]) for name in loadmat(REAL)['allClassName'][0]]
    same = [name for name in names if name in CLASS_SETS['nyud40']]
    assert len(same) > 30
    for name in same:
        assert mapping[names.index(name) + 1] == CLASS_SETS['nyud40'].index(name) + 1
